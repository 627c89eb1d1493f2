// What was found so far: items below items, as the schema has labels below labels. Source: spec/siamese.md §6.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/siamese_labels.h"
#include "extract/siamese_spans.h"
#include "uie/schema/extracted.h"

namespace uie {

class SiameseTree {
 public:
  static constexpr uint32_t kRoot = 0;

  SiameseTree() : nodes_(1) {}

  // The number of the new item. The items below one `parent` are added in one run, in their order.
  uint32_t add(uint32_t parent, const SiameseLabel& label, const SiameseSpan& span);

  // The paths from root to leaf, depth first; with `all_prefixes` also those that end before a leaf, each before its
  // extensions. No more than `max_chains`; `answer` says what was cut.
  void write(const Text& text, bool all_prefixes, size_t max_chains, Extracted& answer) const;

 private:
  struct Node {
    const SiameseLabel* label = nullptr;
    SiameseSpan span = {};
    uint32_t first_child = 0, children = 0;
  };
  class Writer;

  std::vector<Node> nodes_;
};

}  // namespace uie
