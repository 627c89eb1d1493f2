#include "model/cpu/embedding.h"

#include <algorithm>

namespace uie::model::cpu {
namespace {

constexpr size_t kTokens = 16;  // per item

const float* row_of(const std::vector<float>& table, int32_t row, size_t width) {
  return table.data() + static_cast<size_t>(row) * width;
}

void add(float* to, const float* from, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] += from[i];
}

void look_up_token(const EmbeddingTables& tables, const PackedBatch& batch, size_t token, float* to, size_t ld) {
  const size_t width = tables.width;
  std::copy_n(row_of(tables.words, batch.ids[token], width), width, to);
  std::fill(to + width, to + ld, 0.0F);
  if (!tables.positions.empty()) add(to, row_of(tables.positions, batch.positions[token], width), width);
  if (!tables.segments.empty()) add(to, row_of(tables.segments, batch.segments[token], width), width);
}

}  // namespace

void look_up(const Machine& machine, const EmbeddingTables& tables, const PackedBatch& batch, const Rows& to) {
  machine.pool.parallel_for(ceil_div(batch.tokens(), kTokens), [&](size_t item, size_t) {
    const size_t end = std::min((item + 1) * kTokens, batch.tokens());
    for (size_t token = item * kTokens; token < end; ++token) {
      look_up_token(tables, batch, token, to.floats + token * to.ld, to.ld);
    }
  });
}

}  // namespace uie::model::cpu
