// Attention over a packed batch: work items (text, head, tile of query rows) for the pool.
#pragma once

#include <cstdint>
#include <vector>

#include "model/cpu/linear.h"
#include "model/cpu/packed_batch.h"
#include "model/cpu/relative_table.h"

namespace uie::model::cpu {

// How heads lie in the rows of q, k, v and of the output: head h starts at column h * width.
struct HeadShape {
  size_t heads = 0;
  size_t dim = 0;    // d
  size_t width = 0;  // d rounded up to whole vectors; the columns between are zeros
};

struct AttentionItem {
  uint32_t text, head, row_begin, row_end;
};

// Made once per batch, used by every layer. Head by head, so that a head's tables stay in cache from text to text, and
// within a head the longest text first, so that threads finish together.
std::vector<AttentionItem> attention_items(const PackedBatch& batch, const HeadShape& shape, size_t threads);

// The per-thread memory of the kernels; one per worker of the pool.
using Scratch = std::vector<AlignedBuffer<float>>;

// qkv: [tokens, ld], queries in columns [0, heads * width), then keys, then values. One of output.floats and .halves.
void attend(const Machine& machine, const PackedBatch& batch, const std::vector<AttentionItem>& items,
            const HeadShape& shape, const RelativeTable& table, const Rows& qkv, const Rows& output, Scratch& scratch);

}  // namespace uie::model::cpu
