// The schema tree of one extraction, ready to be asked: labels tokenised, sorted, with their thresholds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "uie/schema/task.h"
#include "uie/text/tokenizer.h"

namespace uie {

// One label. The root has no name; its children are the labels of the first level.
struct RexLabel {
  std::string name;                // as the schema writes it
  std::string stripped;            // without surrounding white space: how a prefix writes it
  std::vector<int32_t> ids;        // tokens of `name`
  double threshold = 0;            // items below it are removed
  std::vector<RexLabel> children;  // sorted by code point (spec/rex.md §5)

  bool is_leaf() const { return children.empty(); }
  bool too_long() const;  // not asked, spec/rex.md §3
};

// Tokens that a label or a prefix may cost in a hint, its [TYPE] or [PREFIX] included (spec/rex.md §3).
inline constexpr size_t kMaxPartCost = 125;

inline bool RexLabel::too_long() const { return ids.size() + 1 > kMaxPartCost; }

RexLabel prepare_labels(const SchemaNode& root, const Tokenizer& tokenizer, const TaskOptions& options);

// One line for people per label that is too long to be asked; at most a handful, then their number.
std::vector<std::string> too_long_warnings(const RexLabel& root);

// True when following `path` from the root, by unstripped names, ends at a leaf.
bool is_whole_path(const RexLabel& root, std::span<const std::string_view> path);

}  // namespace uie
