// What works on rows of hidden states one by one: embedding, LayerNorm with what comes before it, neighbours for the
// convolution, rotation of the link head's rows. A warp a row; sums in float.
#pragma once

#include "model/kernels/gpu.h"
#include "model/kernels/tasks.h"

namespace uie::gpu {

constexpr int kRowThreads = 128;  // four rows a block
constexpr int kRowsABlock = kRowThreads / kWarp;

namespace rows {

struct Chunks {
  float at[kMostChunks][kRowChunk];
};

UIE_DEVICE bool holds(int chunk, int columns) { return (chunk * kWarp + lane()) * kRowChunk < columns; }

template <class E>
UIE_DEVICE void add_chunk(E type, float (&to)[kRowChunk], const uint16_t* from) {
  const uint32_t* words = reinterpret_cast<const uint32_t*>(from);
#pragma unroll
  for (int i = 0; i < kRowChunk / 2; ++i) {
    to[2 * i] += widen(type, static_cast<uint16_t>(words[i]));
    to[2 * i + 1] += widen(type, static_cast<uint16_t>(words[i] >> 16));
  }
}

UIE_DEVICE float sum_of_warp(float x) {
  for (int mask = kWarp / 2; mask > 0; mask /= 2) x += shuffle_xor(x, mask);
  return x;
}

template <class E>
UIE_DEVICE void normalise(E type, Chunks& row, int columns, const NormWeightsView& norm, uint16_t* to) {
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kMostChunks; ++c) {
#pragma unroll
    for (int i = 0; i < kRowChunk; ++i) sum += row.at[c][i];
  }
  const float mean = sum_of_warp(sum) / static_cast<float>(columns);
  float squares = 0;
#pragma unroll
  for (int c = 0; c < kMostChunks; ++c) {
    if (!holds(c, columns)) continue;
#pragma unroll
    for (int i = 0; i < kRowChunk; ++i) {
      row.at[c][i] -= mean;
      squares += row.at[c][i] * row.at[c][i];
    }
  }
  const float scale = inverse_root(sum_of_warp(squares) / static_cast<float>(columns) + norm.eps);
#pragma unroll
  for (int c = 0; c < kMostChunks; ++c) {
    if (!holds(c, columns)) continue;
    const int column = (c * kWarp + lane()) * kRowChunk;
    uint32_t* words = reinterpret_cast<uint32_t*>(to + column);
#pragma unroll
    for (int i = 0; i < kRowChunk; i += 2) {
      const float a = row.at[c][i] * scale * norm.weight[column + i] + norm.bias[column + i];
      const float b = row.at[c][i + 1] * scale * norm.weight[column + i + 1] + norm.bias[column + i + 1];
      words[i / 2] = pack(type, a, b);
    }
  }
}

}  // namespace rows

// Grids: ceil(rows / kRowsABlock) blocks of kRowThreads.
template <class E>
UIE_DEVICE void add_and_norm(E type, const NormTask& task) {
  const int number = block_x() * kRowsABlock + warp();
  if (number >= task.rows) return;
  const ptrdiff_t begin = static_cast<ptrdiff_t>(number) * task.columns;
  rows::Chunks row = {};
#pragma unroll
  for (int c = 0; c < kMostChunks; ++c) {
    if (!rows::holds(c, task.columns)) continue;
    const int column = (c * kWarp + lane()) * kRowChunk;
    rows::add_chunk(type, row.at[c], task.x + begin + column);
    if (task.residual) rows::add_chunk(type, row.at[c], task.residual + begin + column);
    if (!task.bias) continue;
#pragma unroll
    for (int i = 0; i < kRowChunk; ++i) row.at[c][i] += task.bias[column + i];
  }
  rows::normalise(type, row, task.columns, task.norm, task.y + begin);
}

template <class E>
UIE_DEVICE void embed(E type, const EmbedTask& task) {
  const int number = block_x() * kRowsABlock + warp();
  if (number >= task.rows) return;
  rows::Chunks row = {};
#pragma unroll
  for (int c = 0; c < kMostChunks; ++c) {
    if (!rows::holds(c, task.columns)) continue;
    const int column = (c * kWarp + lane()) * kRowChunk;
    const auto add = [&](const uint16_t* table, int32_t index) {
      rows::add_chunk(type, row.at[c], table + static_cast<ptrdiff_t>(index) * task.columns + column);
    };
    add(task.words, task.ids[number]);
    if (task.positions) add(task.positions, task.at[number]);
    if (task.segments) add(task.segments, task.types[number]);
  }
  rows::normalise(type, row, task.columns, task.norm, task.y + static_cast<ptrdiff_t>(number) * task.columns);
}

// One thread 16 bytes: ceil(rows * taps * columns / 8 / kRowThreads) blocks.
UIE_DEVICE void gather_neighbours(const NeighbourTask& task) {
  const int chunks = task.columns / kRowChunk;
  const int64_t at = static_cast<int64_t>(block_x()) * kRowThreads + thread();
  if (at >= static_cast<int64_t>(task.rows) * task.taps * chunks) return;
  const int chunk = static_cast<int>(at % chunks), tap = static_cast<int>(at / chunks % task.taps);
  const int row = static_cast<int>(at / chunks / task.taps), from = row + tap - task.taps / 2;
  const Bounds text = task.bounds[row];
  const bool inside = from >= text.begin && from < text.end;
  const uint32_t* source =
      reinterpret_cast<const uint32_t*>(task.from + static_cast<int64_t>(from) * task.columns + chunk * kRowChunk);
  uint32_t* to = reinterpret_cast<uint32_t*>(task.to + at * kRowChunk);
#pragma unroll
  for (int i = 0; i < kRowChunk / 2; ++i) to[i] = inside ? source[i] : 0;
}

// Two neighbouring pairs a thread: ceil(count * columns / 2 / kRowThreads) blocks; columns: a multiple of 4.
template <class E>
UIE_DEVICE void rotate(E type, const RotateTask& task) {
  const int half = task.columns / 2, pairs = half / 2;  // per half row: queries, then keys
  const int64_t at = static_cast<int64_t>(block_x()) * kRowThreads + thread();
  if (at >= static_cast<int64_t>(task.count) * 2 * pairs) return;
  const int column = static_cast<int>(at % pairs) * 2, part = static_cast<int>(at / pairs % 2);
  const int row = static_cast<int>(at / pairs / 2);
  const int64_t angle = static_cast<int64_t>(task.positions[row]) * half + column;
  uint16_t* first = task.rows + (static_cast<int64_t>(row) * 2 + part) * task.columns + column;
  uint32_t* low = reinterpret_cast<uint32_t*>(first);
  uint32_t* high = reinterpret_cast<uint32_t*>(first + half);
  float x[2], y[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const float a = widen(type, static_cast<uint16_t>(*low >> 16 * i));
    const float b = widen(type, static_cast<uint16_t>(*high >> 16 * i));
    const float cosine = task.cosines[angle + i], sine = task.sines[angle + i];
    x[i] = a * cosine - b * sine;
    y[i] = b * cosine + a * sine;
  }
  *low = pack(type, x[0], x[1]);
  *high = pack(type, y[0], y[1]);
}

// One number a thread: it runs at load alone.
template <class E>
UIE_DEVICE void narrow_all(E type, const NarrowTask& task) {
  const int64_t at = static_cast<int64_t>(block_x()) * kRowThreads + thread();
  if (at < task.count) task.to[at] = narrow(type, task.from[at]);
}

// 16 bytes a thread.
template <class E>
UIE_DEVICE void activate(E type, const ActivationTask& task) {
  const int64_t at = (static_cast<int64_t>(block_x()) * kRowThreads + thread()) * kRowChunk;
  if (at >= task.count) return;
  float x[kRowChunk] = {};
  rows::add_chunk(type, x, task.x + at);
#pragma unroll
  for (int i = 0; i < kRowChunk; ++i) {
    if (task.kind == ActivationTask::Kind::gelu) x[i] *= 0.5F * (1 + error_function(x[i] * 0.70710678F));
    if (task.kind == ActivationTask::Kind::relu) x[i] = x[i] > 0 ? x[i] : 0;
    if (task.kind == ActivationTask::Kind::tanh) x[i] = hyperbolic_tangent(x[i]);
  }
  uint32_t* words = reinterpret_cast<uint32_t*>(task.x + at);
#pragma unroll
  for (int i = 0; i < kRowChunk; i += 2) words[i / 2] = pack(type, x[i], x[i + 1]);
}

}  // namespace uie::gpu
