// Literal special tokens in a raw text: `[CLS]` becomes its id wherever it stands, even inside a word.
//
// They are matched before anything else happens to the text, exact case, leftmost first. Every one starts with '[' and
// ends with its only ']', so none is the beginning of another and one look at each '[' is enough.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "uie/text/tokenizer.h"

namespace uie {

struct SpecialLiteral {
  std::string_view literal;  // static storage, ASCII: as many code points as bytes
  int32_t id;
};

class SpecialLiterals {
 public:
  // Those of `special` that have an id.
  explicit SpecialLiterals(const SpecialTokens& special);

  // The literal that `rest` begins with, or null.
  const SpecialLiteral* match(std::string_view rest) const {
    for (const SpecialLiteral& candidate : literals_) {
      if (rest.starts_with(candidate.literal)) return &candidate;
    }
    return nullptr;
  }

  bool contains(int32_t id) const {
    return std::ranges::any_of(literals_, [id](const SpecialLiteral& literal) { return literal.id == id; });
  }

 private:
  std::vector<SpecialLiteral> literals_;
};

// The five of every model: find(literal) gives the id of a piece, if it is one.
// The four of RexUniNLU, in the order in which they follow the vocabulary: add(literal) gives the id.
template <class Find>
void find_base_specials(SpecialTokens& special, Find find) {
  special.pad = find("[PAD]").value_or(-1);
  special.unk = find("[UNK]").value_or(-1);
  special.cls = find("[CLS]").value_or(-1);
  special.sep = find("[SEP]").value_or(-1);
  special.mask = find("[MASK]").value_or(-1);
}

template <class Add>
void add_rex_specials(SpecialTokens& special, Add add) {
  special.prefix = add("[PREFIX]");
  special.type = add("[TYPE]");
  special.classify = add("[CLASSIFY]");
  special.multiclassify = add("[MULTICLASSIFY]");
}

}  // namespace uie
