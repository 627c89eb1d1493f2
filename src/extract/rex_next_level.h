// Collects the prefixes of the next level: in the order found, each once, no more than a cap.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "extract/rex_hints.h"

namespace uie {

class NextLevel {
 public:
  explicit NextLevel(size_t max_prefixes) : max_prefixes_(max_prefixes) {}

  // Prefix `parent` of the level, followed by an item of `label`. An equal one keeps its place and its confidence.
  // The path up to the parent is unique within a level, so parent, label and place are the identity; in classification
  // the confidence belongs to it too (spec/rex.md §5), in extraction not.
  // Items below their label's threshold take no place when `apply_threshold`: nothing that hangs below them is asked.
  struct Found {
    uint32_t parent;
    const RexLabel* label;
    uint32_t begin, end;
    double confidence;
  };
  void add(const std::vector<Prefix>& level, const Found& found, std::string_view span, bool confidence_is_identity,
           bool apply_threshold);

  bool cut() const { return cut_; }
  std::vector<Prefix> take() { return std::move(prefixes_); }

 private:
  struct Key {
    uint32_t parent;
    const RexLabel* label;
    uint32_t begin, end;
    double confidence;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };

  size_t max_prefixes_;
  std::unordered_set<Key, KeyHash> seen_;
  std::vector<Prefix> prefixes_;
  bool cut_ = false;
};

}  // namespace uie
