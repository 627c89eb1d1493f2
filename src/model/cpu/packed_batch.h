// Several queries as one list of tokens, without padding, and what the kernels want to know of each text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "uie/model/query.h"

namespace uie::model::cpu {

struct PackedText {
  size_t begin = 0, length = 0;  // tokens [begin, begin + length) of the batch
  size_t position_count = 0;     // positions are below
  size_t linear_from = 0;        // from this token on (counted in the text) positions rise by one
};

// Token arrays of all texts, one after the other. Reused: `assign` keeps the memory.
struct PackedBatch {
  std::vector<int32_t> ids, segments, positions, groups, slots;  // segments: empty when a query has none
  std::vector<PackedText> texts;

  size_t tokens() const { return ids.size(); }
  void assign(std::span<const LinkQuery* const> queries);

  // For models without groups: every token of a text sees all of it.
  void clear();
  void add(std::span<const int32_t> token_ids, int32_t segment, int32_t first_position);
  void add_blank(size_t length);  // hidden states come from elsewhere: ids and positions are zeros
};

}  // namespace uie::model::cpu
