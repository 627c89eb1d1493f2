#include "model/cpu/attention.h"

#include <algorithm>
#include <numeric>

namespace uie::model::cpu {
namespace {

// A tile's own memory (keys, values, p2c) should stay in L2.
constexpr size_t kTileRows = 192;
constexpr size_t kLeastTileRows = 32;

size_t tile_rows(const PackedBatch& batch, const HeadShape& shape, size_t threads) {
  const size_t fair = ceil_div(batch.tokens() * shape.heads, 4 * threads);
  return threads == 1 ? kTileRows : std::clamp(fair, kLeastTileRows, kTileRows);
}

AttentionTask describe(const PackedBatch& batch, const AttentionItem& item, const HeadShape& shape,
                       const RelativeTable& table, const Rows& qkv, const Rows& output) {
  const PackedText& text = batch.texts[item.text];
  const size_t all = shape.heads * shape.width, column = item.head * shape.width;
  AttentionTask task;
  task.q = qkv.floats + text.begin * qkv.ld + column;
  task.k = task.q + all;
  task.v = task.k + all;
  task.ld = qkv.ld;
  task.length = text.length;
  task.dim = shape.dim;
  task.dim_padded = shape.width;
  task.positions = batch.positions.data() + text.begin;
  task.position_count = text.position_count;
  task.linear_from = text.linear_from;
  task.groups = batch.groups.data() + text.begin;
  task.slots = batch.slots.data() + text.begin;
  task.c2p = table.c2p_of(item.head);
  task.p2c = table.p2c_of(item.head);
  task.pitch = table.pitch;
  task.reach = table.reach;
  const size_t out = text.begin * output.ld + column;
  if (output.halves) {
    task.out16 = output.halves + out;
  } else {
    task.out = output.floats + out;
  }
  task.ldo = output.ld;
  task.row_begin = item.row_begin;
  task.row_end = item.row_end;
  return task;
}

}  // namespace

std::vector<AttentionItem> attention_items(const PackedBatch& batch, const HeadShape& shape, size_t threads) {
  std::vector<uint32_t> order(batch.texts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return batch.texts[a].length > batch.texts[b].length; });
  const size_t most = tile_rows(batch, shape, threads);
  std::vector<AttentionItem> items;
  for (uint32_t head = 0; head < shape.heads; ++head) {
    for (const uint32_t text : order) {
      const size_t length = batch.texts[text].length, tile = ceil_div(length, ceil_div(length, most));
      for (size_t row = 0; row < length; row += tile) {
        items.push_back({text, head, static_cast<uint32_t>(row), static_cast<uint32_t>(std::min(row + tile, length))});
      }
    }
  }
  return items;
}

void attend(const Machine& machine, const PackedBatch& batch, const std::vector<AttentionItem>& items,
            const HeadShape& shape, const RelativeTable& table, const Rows& qkv, const Rows& output, Scratch& scratch) {
  machine.pool.parallel_for(items.size(), [&](size_t item, size_t worker) {
    const AttentionTask task = describe(batch, items[item], shape, table, qkv, output);
    scratch[worker].reserve(machine.kernels.attention_scratch(task));
    machine.kernels.attend(task, scratch[worker].data());
  });
}

}  // namespace uie::model::cpu
