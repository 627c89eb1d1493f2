// SiameseUIE and SiameseUniNLU: a text and one prompt for each label and path, answered by one BERT whose upper layers
// read both. The same program with different weights. Source: spec/siamese.md.
#pragma once

#include <memory>
#include <string_view>

#include "uie/extract/family.h"

namespace uie {

// `task`: what configuration.json calls it. "siamese-uninlu" becomes the family's name; else it is "siamese-uie".
// Errors: corrupt_checkpoint when the tokenizer has no [CLS] or no [SEP].
Result<std::shared_ptr<const Family>> make_siamese_family(std::string_view task,
                                                          std::shared_ptr<const Tokenizer> tokenizer,
                                                          const ExtractOptions& options);

}  // namespace uie
