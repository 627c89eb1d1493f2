#include "text/special_tokens.h"

namespace uie {

SpecialLiterals::SpecialLiterals(const SpecialTokens& special) {
  const SpecialLiteral all[] = {
      {"[PAD]", special.pad},   {"[UNK]", special.unk},           {"[CLS]", special.cls},
      {"[SEP]", special.sep},   {"[MASK]", special.mask},         {"[PREFIX]", special.prefix},
      {"[TYPE]", special.type}, {"[CLASSIFY]", special.classify}, {"[MULTICLASSIFY]", special.multiclassify},
  };
  for (const SpecialLiteral& candidate : all) {
    if (candidate.id >= 0) literals_.push_back(candidate);
  }
}

}  // namespace uie
