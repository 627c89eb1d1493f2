// The link head's product Z = Q Kᵀ per text, thresholded on the device: only cells above zero leave it, and the cells
// that were asked for (spec/rex.md §8). Sums in float.
#pragma once

#include "model/kernels/attention.h"
#include "model/kernels/gpu.h"
#include "model/kernels/tasks.h"

namespace uie::gpu {

constexpr size_t kLinkShared = 2 * kTile * kPitch * sizeof(uint16_t);

namespace links {

// 64 rows, 64 columns from `column` on; zeros outside.
UIE_DEVICE void fetch_slab(uint16_t* to, const uint16_t* from, int ld, int count, int column, int columns) {
  for (int i = thread(); i < kTile * attention::kChunks; i += kAttentionThreads) {
    const int row = i / attention::kChunks, at = i % attention::kChunks * attention::kChunk;
    const bool valid = row < count && column + at < columns;
    copy16(to + row * kPitch + at, from + (valid ? static_cast<ptrdiff_t>(row) * ld + column + at : 0), valid);
  }
}

template <class E>
UIE_DEVICE float dot(E type, const uint16_t* a, const uint16_t* b, int columns) {
  float sum = 0;
  for (int i = 2 * lane(); i < columns; i += 2 * kWarp) {
    const uint32_t x = *reinterpret_cast<const uint32_t*>(a + i), y = *reinterpret_cast<const uint32_t*>(b + i);
    sum += widen(type, static_cast<uint16_t>(x)) * widen(type, static_cast<uint16_t>(y));
    sum += widen(type, static_cast<uint16_t>(x >> 16)) * widen(type, static_cast<uint16_t>(y >> 16));
  }
  for (int mask = kWarp / 2; mask > 0; mask /= 2) sum += shuffle_xor(sum, mask);
  return sum;
}

}  // namespace links

// One thread.
UIE_DEVICE void begin_links(const LinkTask& task) { *task.state = *task.from; }

// One block: the rows of tile order[block_x()] against all tiles of its text, or, with a grid of two dimensions, every
// gridDim.y-th from block_y() on. memory: kLinkShared bytes.
template <class E>
UIE_DEVICE void find_links(E type, const LinkTask& task, int stride, char* memory) {
  if (block_x() >= task.state->tiles) return;
  uint16_t* queries = reinterpret_cast<uint16_t*>(memory);
  uint16_t* keys = queries + kTile * kPitch;
  const Tile mine = task.tiles[task.order[block_x()]];
  const int g = lane() / 4, t = lane() % 4, ld = 2 * task.columns;
  for (int number = block_y(); number < mine.tile_count; number += stride) {
    const Tile other = task.tiles[mine.first_tile + number];
    float z[8][4] = {};
    for (int column = 0; column < task.columns; column += kHeadWidth) {
      sync();
      links::fetch_slab(queries, task.rows + static_cast<ptrdiff_t>(mine.begin) * ld, ld, mine.count, column,
                        task.columns);
      links::fetch_slab(keys, task.rows + static_cast<ptrdiff_t>(other.begin) * ld + task.columns, ld, other.count,
                        column, task.columns);
      copies_done();
      sync();
      uint32_t a[4][4];
      attention::load_left(a, queries);
#pragma unroll
      for (int pair = 0; pair < 4; ++pair) {
        float c[2][4];
        attention::multiply_rows(type, c, a, keys + 16 * pair * kPitch);
#pragma unroll
        for (int i = 0; i < 8; ++i) z[2 * pair + i / 4][i % 4] += c[i / 4][i % 4];
      }
    }
#pragma unroll
    for (int block = 0; block < 8; ++block) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int row = 16 * warp() + g + i / 2 * 8, col = 8 * block + 2 * t + i % 2;
        if (row >= mine.count || col >= other.count) continue;
        const float logit = z[block][i];
        if (!(logit - logit == 0)) task.state->not_finite = 1;
        if (!(logit > 0)) continue;
        const int place = add_to(&task.state->hits, 1);
        if (place < task.capacity) task.hits[place] = {mine.begin + row, other.begin + col, logit, 0};
      }
    }
  }
}

// A warp a hit or a probe: the mirrored logits of the hits, then the logits that were asked for. Any grid.
template <class E>
UIE_DEVICE void read_cells(E type, const ProbeTask& task, int warps) {
  const int hits = task.state->hits < task.capacity ? task.state->hits : task.capacity;
  const int per_block = threads() / kWarp, ld = 2 * task.columns;
  for (int i = block_x() * per_block + warp(); i < hits + task.state->probes; i += warps) {
    const bool hit = i < hits;
    const int row = hit ? task.hits[i].col : task.probes[i - hits].row;
    const int col = hit ? task.hits[i].row : task.probes[i - hits].col;
    const float logit = links::dot(type, task.rows + static_cast<ptrdiff_t>(row) * ld,
                                   task.rows + static_cast<ptrdiff_t>(col) * ld + task.columns, task.columns);
    if (lane() != 0) continue;
    if (hit) {
      task.hits[i].mirrored = logit;
    } else {
      task.logits[i - hits] = logit;
    }
  }
}

}  // namespace uie::gpu
