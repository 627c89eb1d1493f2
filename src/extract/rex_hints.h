// Hints: the questions of one level, packed into as few encoder queries as the model's limits allow.
//
// A level asks, for each prefix (a path of items already found), the labels below it. They are written
// `[PREFIX]P[TYPE]label[TYPE]label…[PREFIX]…` up to 256 tokens; then the next hint begins. Source: spec/rex.md §5.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/rex_labels.h"
#include "uie/schema/extracted.h"
#include "uie/text/tokenizer.h"

namespace uie {

// A path of items already found; the labels below its last one are asked. On the first level: the root and no items.
struct Prefix {
  std::vector<const RexLabel*> path;  // from the root; [items + 1]
  Chain items;                        // types are stripped

  const RexLabel& label() const { return *path.back(); }
};

// One question of a hint.
struct HintType {
  uint32_t prefix;        // index into the level's prefixes
  const RexLabel* label;  // the label asked
  uint32_t token;         // index of its [TYPE] in the query
};

// A run of hint tokens that belong together: a prefix or one type. Ends where the next one begins.
struct HintSegment {
  uint32_t begin;
  bool is_prefix;
};

struct Hint {
  std::vector<int32_t> ids;  // with [CLS] in front and [SEP] behind
  std::vector<HintSegment> segments;
  std::vector<HintType> types;  // ascending by token

  uint32_t size() const { return static_cast<uint32_t>(ids.size()); }
};

struct PackedHints {
  std::vector<Hint> hints;
  size_t prefixes_too_long = 0;  // not expanded (spec/rex.md §12)
  bool cut = false;              // there would be more than max_hints
};

// `label: span` of each item, joined with commas: how a prefix is written.
std::string prefix_string(const Chain& items);

PackedHints pack_hints(const std::vector<Prefix>& prefixes, const Tokenizer& tokenizer, size_t max_hints);

}  // namespace uie
