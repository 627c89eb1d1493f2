// What the kernels are told: plain pointers into device memory. Numbers of 16 bits are uint16_t, fp16 or bf16.
#pragma once

#include "model/kernels/batch.h"

namespace uie::gpu {

constexpr int kWarp = 32;
constexpr int kRowChunk = 8;  // columns a lane reads at once: 16 bytes
constexpr int kMostChunks = 4;
constexpr int kMostColumns = kMostChunks * kRowChunk * kWarp;  // 1,024; columns: a multiple of kRowChunk

constexpr int kHeadWidth = 64;  // smaller heads are filled up with zeros

struct AttentionTask {
  const uint16_t* qkv = nullptr;  // [tokens, ld]: heads * 64 columns of q, then of k, then of v
  int ld = 0, heads = 0;
  const uint16_t* key_table = nullptr;    // K: [heads][2 reach + 1][64]; null: no content-to-position term
  const uint16_t* query_table = nullptr;  // Q: the same; null: no position-to-content term
  int reach = 0;
  const int32_t* positions = nullptr;  // [tokens]
  const uint32_t* marks = nullptr;     // [tokens]: mark_of(group, slot)
  const Tile* tiles = nullptr;
  const int32_t* order = nullptr;  // [tiles]: in which tiles are done, those of long texts first
  const RunState* state = nullptr;
  uint16_t* out = nullptr;  // [tokens, ld_out]: heads * 64 columns
  int ld_out = 0;
};

struct NormWeightsView {
  const float *weight = nullptr, *bias = nullptr;
  float eps = 0;
};

// y = LayerNorm(x + bias + residual). bias, residual: null, none. y may be x or residual.
struct NormTask {
  const uint16_t *x = nullptr, *residual = nullptr;  // [rows, columns]
  const float* bias = nullptr;
  NormWeightsView norm;
  uint16_t* y = nullptr;
  int rows = 0, columns = 0;
};

// y = LayerNorm(word + position + segment).
struct EmbedTask {
  const uint16_t* words = nullptr;                                // [V, columns]
  const uint16_t *positions = nullptr, *segments = nullptr;       // [P, columns], [types, columns]; null: not added
  const int32_t *ids = nullptr, *at = nullptr, *types = nullptr;  // [rows]
  NormWeightsView norm;
  uint16_t* y = nullptr;
  int rows = 0, columns = 0;
};

// Row t of `to` holds rows t - taps/2 … t + taps/2 of `from` side by side, zeros past the ends of t's text.
struct NeighbourTask {
  const uint16_t* from = nullptr;  // [rows, columns]
  const Bounds* bounds = nullptr;  // [rows]
  uint16_t* to = nullptr;          // [rows, taps * columns]
  int rows = 0, columns = 0, taps = 0;
};

// The link head's queries and keys, in place: [rows, 2 columns], each half as all first numbers of the rotary pairs,
// then all second ones.
struct RotateTask {
  uint16_t* rows = nullptr;
  const int32_t* positions = nullptr;                // [count]
  const float *cosines = nullptr, *sines = nullptr;  // [positions, columns / 2]
  int count = 0, columns = 0;
};

// to = from, rounded.
struct NarrowTask {
  const float* from = nullptr;
  uint16_t* to = nullptr;
  int64_t count = 0;
};

// x = activation(x), in place.
struct ActivationTask {
  enum class Kind { gelu, relu, tanh };  // gelu: with erf, as the models have it

  Kind kind = Kind::gelu;
  uint16_t* x = nullptr;
  int64_t count = 0;  // a multiple of 8
};

struct LinkTask {
  const uint16_t* rows = nullptr;  // [tokens, 2 columns]: rotated queries, then keys
  int columns = 0;                 // a multiple of 8
  const Tile* tiles = nullptr;
  const int32_t* order = nullptr;
  const RunState* from = nullptr;  // as uploaded
  RunState* state = nullptr;       // its copy, counted up
  Hit* hits = nullptr;             // [capacity], in no order; read_cells() fills in `mirrored`
  int capacity = 0;
};

struct ProbeTask {
  const uint16_t* rows = nullptr;
  int columns = 0;
  const RunState* state = nullptr;
  const Probe* probes = nullptr;
  float* logits = nullptr;  // [probes]
  Hit* hits = nullptr;
  int capacity = 0;
};

}  // namespace uie::gpu
