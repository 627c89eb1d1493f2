#include "model/cpu/relative_table.h"

#include <algorithm>

namespace uie::model::cpu {
namespace {

// Kernels read whole panels from any column; an odd number of cache lines per row spreads the rows over the cache's
// sets.
size_t table_pitch(size_t columns) {
  constexpr size_t kLine = 16;
  const size_t lines = ceil_div(columns + kRowStep, kLine);
  return (lines | 1) * kLine;
}

AlignedBuffer<float> project(const Machine& machine, const DebertaConfig& config,
                             const AlignedBuffer<float>& embeddings, const LinearWeights& linear) {
  const size_t hidden = static_cast<size_t>(config.hidden), rows = 2 * static_cast<size_t>(config.span());
  const PackedMatrix matrix(machine.kernels, Dtype::fp32, linear.weight, hidden, hidden, linear.bias);
  AlignedBuffer<float> out(rows * padded(hidden));
  LinearTask task;
  task.matrix = &matrix;
  task.input = {const_cast<float*>(embeddings.data()), nullptr, padded(hidden)};
  task.rows = rows;
  task.output = {out.data(), nullptr, padded(hidden)};
  multiply(machine, task);
  return out;
}

// direction: the sign of δ as columns grow.
AlignedBuffer<float> by_distance(const DebertaConfig& config, const RelativeRows& rows, const RelativeTable& shape,
                                 const AlignedBuffer<float>& projected, int64_t direction, float scale) {
  const size_t hidden = static_cast<size_t>(config.hidden), ld = padded(hidden);
  AlignedBuffer<float> table(hidden * shape.pitch + kRowStep);
  const int64_t reach = rows.reach();
  for (int64_t column = 0; column <= 2 * reach; ++column) {
    const float* from = projected.data() + static_cast<size_t>(rows.row(direction * (column - reach))) * ld;
    float* to = table.data() + column;
    for (size_t i = 0; i < hidden; ++i) to[i * shape.pitch] = from[i] * scale;
  }
  return table;
}

}  // namespace

AlignedBuffer<float> relative_embeddings(const Machine& machine, const DebertaConfig& config,
                                         const DebertaWeights& weights) {
  if (!config.use_c2p() && !config.use_p2c()) return {};
  const size_t hidden = static_cast<size_t>(config.hidden), rows = 2 * static_cast<size_t>(config.span());
  AlignedBuffer<float> table(rows * padded(hidden));
  for (size_t row = 0; row < rows; ++row) {
    std::copy_n(weights.relative_table.data() + row * hidden, hidden, table.data() + row * padded(hidden));
  }
  if (!config.norm_relative_table) return table;
  AlignedBuffer<float> scale(padded(hidden)), shift(padded(hidden));
  std::copy(weights.relative_norm.weight.begin(), weights.relative_norm.weight.end(), scale.data());
  std::copy(weights.relative_norm.bias.begin(), weights.relative_norm.bias.end(), shift.data());
  layer_norm(machine, table.data(), nullptr, {table.data(), nullptr, padded(hidden)}, rows,
             {scale.data(), shift.data(), config.layer_norm_eps, hidden});
  return table;
}

RelativeTable fold_relative_table(const Machine& machine, const DebertaConfig& config, const RelativeRows& rows,
                                  const AlignedBuffer<float>& embeddings, const DebertaLayerWeights& layer,
                                  float score_scale) {
  RelativeTable table;
  table.reach = static_cast<size_t>(rows.reach());
  table.pitch = table_pitch(2 * table.reach + 1);
  table.dim = static_cast<size_t>(config.head_dim());
  if (config.use_c2p()) {
    const LinearWeights& key = config.share_att_key ? layer.key : layer.pos_key;
    table.c2p = by_distance(config, rows, table, project(machine, config, embeddings, key), -1, 1.0F);
  }
  if (config.use_p2c()) {
    const LinearWeights& query = config.share_att_key ? layer.query : layer.pos_query;
    table.p2c = by_distance(config, rows, table, project(machine, config, embeddings, query), 1, score_scale);
  }
  return table;
}

}  // namespace uie::model::cpu
