// RexUniNLU: a text and a schema tree, answered by one DeBERTa-v2 with a link head. Source: spec/rex.md.
#pragma once

#include <memory>

#include "uie/extract/family.h"

namespace uie {

// Errors: corrupt_checkpoint when the tokenizer lacks one of the special tokens of spec/rex.md §4.
Result<std::shared_ptr<const Family>> make_rex_family(std::shared_ptr<const Tokenizer> tokenizer,
                                                      const ExtractOptions& options);

}  // namespace uie
