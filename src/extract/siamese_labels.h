// The schema tree of one extraction, ready to be asked: labels in the order of the schema, tokenised as prompts write
// them, with their thresholds. Source: spec/siamese.md §6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "uie/schema/task.h"
#include "uie/text/tokenizer.h"

namespace uie {

// One label. The root has no name; its children are the labels of the first level.
struct SiameseLabel {
  std::string name;                    // as the schema writes it
  std::vector<int32_t> ids;            // tokens of `name: `
  double threshold = 0;                // items below it are removed
  std::vector<SiameseLabel> children;  // key order

  bool is_leaf() const { return children.empty(); }
};

SiameseLabel prepare_siamese_labels(const SchemaNode& root, const Tokenizer& tokenizer, const TaskOptions& options);

}  // namespace uie
