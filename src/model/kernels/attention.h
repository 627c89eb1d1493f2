// Disentangled attention over a packed batch, position terms inside the tile (DeBERTa, arXiv 2006.03654; online softmax
// as in FlashAttention, arXiv 2205.14135; spec/rex.md §6, §7).
//
//   score(i, j) = q_i·k_j + q_i·K[δ] + k_j·Q[δ],   δ = position(i) - position(j),   in powers of two:
//
// q and the table Q come scaled by log2(e) / sqrt(d f), folded into the weights at load. Tables are by distance: row
// δ + reach, clipped at both ends, so clamps and log buckets are in them.
//
// A block owns 64 queries of one text and head, a warp 16 of them. The distances between 64 queries and 64 keys whose
// positions rise by one are 127: a window of 128 table rows. Both products with the window's rows are made by the
// matrix units, laid down in shared memory over the window itself, and read back askew. Positions that restart
// (prefixes, types) are nothing special: a window covers whatever lies between the least and the greatest distance, and
// where 128 rows do not suffice there are several windows.
#pragma once

#include "model/kernels/gpu.h"
#include "model/kernels/tasks.h"

namespace uie::gpu {

constexpr int kWindow = 2 * kTile;
constexpr int kPitch = kHeadWidth + 8;    // of rows in shared memory: eight of them touch every bank once
constexpr int kScorePitch = kWindow + 8;  // odd in units of 16 bytes, so that askew reads spread over the banks
constexpr int kWindowSize = kWindow * kPitch;
static_assert(kWindowSize >= kTile * kScorePitch, "scores lie over the window they came from");
constexpr int kAttentionThreads = 128;
constexpr size_t kAttentionShared =
    (2 * kTile * kPitch + 2 * kWindowSize) * sizeof(uint16_t) + kTile * (sizeof(int32_t) + sizeof(uint32_t));

namespace attention {

constexpr float kNever = -__builtin_inff();
constexpr int kChunk = 8;  // 16-bit numbers in 16 bytes
constexpr int kChunks = kHeadWidth / kChunk;

struct Shared {
  uint16_t *keys, *values, *key_window, *query_window;
  int32_t* positions;
  uint32_t* marks;
};

UIE_DEVICE Shared split(char* memory) {
  Shared shared;
  shared.keys = reinterpret_cast<uint16_t*>(memory);
  shared.values = shared.keys + kTile * kPitch;
  shared.key_window = shared.values + kTile * kPitch;
  shared.query_window = shared.key_window + kWindowSize;
  shared.positions = reinterpret_cast<int32_t*>(shared.query_window + kWindowSize);
  shared.marks = reinterpret_cast<uint32_t*>(shared.positions + kTile);
  return shared;
}

// Rows of a head's columns; rows past `count` become zeros.
UIE_DEVICE void fetch_rows(uint16_t* to, const uint16_t* from, int ld, int count) {
  for (int i = thread(); i < kTile * kChunks; i += kAttentionThreads) {
    const int row = i / kChunks, column = i % kChunks * kChunk;
    const bool valid = row < count;
    copy16(to + row * kPitch + column, from + static_cast<ptrdiff_t>(valid ? row : 0) * ld + column, valid);
  }
}

// Table rows of the distances first … first + kWindow - 1.
UIE_DEVICE void fetch_window(uint16_t* to, const uint16_t* table, int reach, int first) {
  for (int i = thread(); i < kWindow * kChunks; i += kAttentionThreads) {
    const int row = i / kChunks, column = i % kChunks * kChunk;
    int from = first + row + reach;
    from = from < 0 ? 0 : from > 2 * reach ? 2 * reach : from;
    copy16(to + row * kPitch + column, table + static_cast<ptrdiff_t>(from) * kHeadWidth + column, true);
  }
}

// The 16 rows of this warp as the left side of products over 64 columns.
UIE_DEVICE void load_left(uint32_t (&a)[4][4], const uint16_t* rows) {
  const uint16_t* mine = rows + (16 * warp() + lane() % 16) * kPitch + lane() / 16 * 8;
#pragma unroll
  for (int k = 0; k < 4; ++k) load_matrices(a[k], mine + 16 * k);
}

// c = A · (16 rows)ᵀ: two blocks of eight columns.
template <class E>
UIE_DEVICE void multiply_rows(E type, float (&c)[2][4], const uint32_t (&a)[4][4], const uint16_t* rows) {
  const uint16_t* mine = rows + (lane() / 16 * 8 + lane() % 8) * kPitch + lane() / 8 % 2 * 8;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) c[half][i] = 0;
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    uint32_t b[4];
    load_matrices(b, mine + 16 * k);
    multiply_add(type, c[0], a[k], b[0], b[1]);
    multiply_add(type, c[1], a[k], b[2], b[3]);
  }
}

// This warp's 16 rows against the window: [16, 128], two numbers a register.
template <class E>
UIE_DEVICE void multiply_window(E type, uint32_t (&scores)[8][4], const uint32_t (&a)[4][4], const uint16_t* window) {
#pragma unroll
  for (int pair = 0; pair < 8; ++pair) {
    float c[2][4];
    multiply_rows(type, c, a, window + 16 * pair * kPitch);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      scores[pair][2 * half] = pack(Fp16(), c[half][0], c[half][1]);
      scores[pair][2 * half + 1] = pack(Fp16(), c[half][2], c[half][3]);
    }
  }
}

UIE_DEVICE void lay_down(uint16_t* to, const uint32_t (&scores)[8][4]) {
  const int g = lane() / 4, t = lane() % 4;
  uint16_t* row = to + (16 * warp() + g) * kScorePitch + 2 * t;
#pragma unroll
  for (int pair = 0; pair < 8; ++pair) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint16_t* at = row + 16 * pair + 8 * half;
      *reinterpret_cast<uint32_t*>(at) = scores[pair][2 * half];
      *reinterpret_cast<uint32_t*>(at + 8 * kScorePitch) = scores[pair][2 * half + 1];
    }
  }
}

UIE_DEVICE bool sees(uint32_t a, uint32_t b) {
  if (a >> 16 == 0 || b >> 16 == 0 || a == b) return true;
  return a >> 16 == b >> 16 && ((a & 0xffffU) == 0 || (b & 0xffffU) == 0);
}

// Adds what the windows laid down say of this thread's pairs.
UIE_DEVICE void add_positions(float (&s)[8][4], const AttentionTask& task, const Shared& shared,
                              const int (&position)[2], int first) {
  const int g = lane() / 4, t = lane() % 4, row = 16 * warp() + g;
#pragma unroll
  for (int block = 0; block < 8; ++block) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = 8 * block + 2 * t + i % 2, column = position[i / 2] - shared.positions[key] - first;
      if (column < 0 || column >= kWindow) continue;
      if (task.key_table) s[block][i] += widen(Fp16(), shared.key_window[(row + i / 2 * 8) * kScorePitch + column]);
      if (task.query_table) s[block][i] += widen(Fp16(), shared.query_window[key * kScorePitch + column]);
    }
  }
}

// The windows in shared memory give way to the scores made from them; read those after sync(). One term after the
// other, since the scores of a term take 32 registers.
template <class E>
UIE_DEVICE void score_window(E type, const AttentionTask& task, const Shared& shared, const uint32_t (&q)[4][4]) {
  uint32_t scores[8][4];
  if (task.key_table) {
    multiply_window(type, scores, q, shared.key_window);
    sync();
    lay_down(shared.key_window, scores);
  }
  if (task.query_table) {
    uint32_t k[4][4];
    load_left(k, shared.keys);
    multiply_window(type, scores, k, shared.query_window);
    sync();
    lay_down(shared.query_window, scores);
  }
}

UIE_DEVICE void fetch_windows(const AttentionTask& task, const Shared& shared, int head, int first) {
  const ptrdiff_t table = static_cast<ptrdiff_t>(head) * (2 * task.reach + 1) * kHeadWidth;
  if (task.key_table) fetch_window(shared.key_window, task.key_table + table, task.reach, first);
  if (task.query_table) fetch_window(shared.query_window, task.query_table + table, task.reach, first);
}

// One step of the online softmax: scores of 64 keys become weights, sums and outputs are brought to the new maximum.
UIE_DEVICE void soften(float (&s)[8][4], float (&top)[2], float (&sum)[2], float (&out)[8][4]) {
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    float highest = top[row];
#pragma unroll
    for (int block = 0; block < 8; ++block) {
      highest = fmaxf(highest, fmaxf(s[block][2 * row], s[block][2 * row + 1]));
    }
    highest = fmaxf(highest, shuffle_xor(highest, 1));
    highest = fmaxf(highest, shuffle_xor(highest, 2));
    const float base = highest == kNever ? 0 : highest;  // nothing seen yet
    const float shrink = power_of_two(top[row] - base);
    top[row] = highest;
    float added = 0;
#pragma unroll
    for (int block = 0; block < 8; ++block) {
#pragma unroll
      for (int i = 2 * row; i < 2 * row + 2; ++i) {
        s[block][i] = power_of_two(s[block][i] - base);
        added += s[block][i];
        out[block][i] *= shrink;
      }
    }
    sum[row] = sum[row] * shrink + added;  // of this thread's columns
  }
}

// out += weights · values
template <class E>
UIE_DEVICE void add_values(E type, float (&out)[8][4], const float (&s)[8][4], const uint16_t* values) {
  const uint16_t* mine = values + lane() % 16 * kPitch + lane() / 16 * 8;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const float(&low)[4] = s[2 * k];
    const float(&high)[4] = s[2 * k + 1];
    const uint32_t a[4] = {pack(type, low[0], low[1]), pack(type, low[2], low[3]), pack(type, high[0], high[1]),
                           pack(type, high[2], high[3])};
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      uint32_t b[4];
      load_transposed(b, mine + 16 * k * kPitch + 16 * pair);
      multiply_add(type, out[2 * pair], a, b[0], b[1]);
      multiply_add(type, out[2 * pair + 1], a, b[2], b[3]);
    }
  }
}

}  // namespace attention

// One block: tile task.order[block_x()], head block_y(). memory: kAttentionShared bytes, aligned to 16.
template <class E>
UIE_DEVICE void attend(E type, const AttentionTask& task, char* memory) {
  using namespace attention;
  if (block_x() >= task.state->tiles) return;
  const Shared shared = split(memory);
  const Tile queries = task.tiles[task.order[block_x()]];
  const int head = block_y(), g = lane() / 4, t = lane() % 4, width = task.heads * kHeadWidth;
  const uint16_t* columns = task.qkv + static_cast<ptrdiff_t>(head) * kHeadWidth;

  fetch_rows(shared.values, columns + static_cast<ptrdiff_t>(queries.begin) * task.ld, task.ld, queries.count);
  copies_done();
  sync();
  uint32_t q[4][4];
  load_left(q, shared.values);
  int position[2];
  uint32_t mark[2];
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    const int wanted = 16 * warp() + g + 8 * row;
    const int token = queries.begin + (wanted < queries.count ? wanted : queries.count - 1);
    position[row] = task.positions[token];
    mark[row] = task.marks[token];
  }

  float out[8][4] = {}, top[2] = {kNever, kNever}, sum[2] = {0, 0};
  for (int number = 0; number < queries.tile_count; ++number) {
    const Tile keys = task.tiles[queries.first_tile + number];
    const uint16_t* rows = columns + static_cast<ptrdiff_t>(keys.begin) * task.ld + width;
    sync();  // everything of the tile before, and q, has been read
    fetch_rows(shared.keys, rows, task.ld, keys.count);
    fetch_rows(shared.values, rows + width, task.ld, keys.count);
    const int first = queries.position_min - keys.position_max, last = queries.position_max - keys.position_min;
    fetch_windows(task, shared, head, first);
    if (thread() < kTile) {
      const int token = keys.begin + (thread() < keys.count ? thread() : keys.count - 1);
      shared.positions[thread()] = task.positions[token];
      shared.marks[thread()] = task.marks[token];
    }
    copies_done();
    sync();

    const bool placed = task.key_table || task.query_table;
    if (placed) score_window(type, task, shared, q);
    float s[8][4];
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      float c[2][4];
      multiply_rows(type, c, q, shared.keys + 16 * pair * kPitch);
#pragma unroll
      for (int i = 0; i < 8; ++i) s[2 * pair + i / 4][i % 4] = c[i / 4][i % 4];
    }
    if (placed) {
      sync();
      add_positions(s, task, shared, position, first);
      for (int next = first + kWindow; next <= last; next += kWindow) {
        sync();  // the scores of the window before have been read
        fetch_windows(task, shared, head, next);
        copies_done();
        sync();
        score_window(type, task, shared, q);
        sync();
        add_positions(s, task, shared, position, next);
      }
    }
    const bool look = queries.grouped && keys.grouped;
    if (look || keys.count < kTile) {
#pragma unroll
      for (int i = 0; i < 32; ++i) {
        const int key = 8 * (i / 4) + 2 * t + i % 2;
        if (key >= keys.count || (look && !sees(mark[i % 4 / 2], shared.marks[key]))) s[i / 4][i % 4] = kNever;
      }
    }
    soften(s, top, sum, out);
    add_values(type, out, s, shared.values);
  }

#pragma unroll
  for (int row = 0; row < 2; ++row) {
    sum[row] += shuffle_xor(sum[row], 1);
    sum[row] += shuffle_xor(sum[row], 2);
    const int token = 16 * warp() + g + 8 * row;
    if (token >= queries.count) continue;
    const float scale = 1 / sum[row];
    uint16_t* to = task.out + static_cast<ptrdiff_t>(queries.begin + token) * task.ld_out + head * kHeadWidth + 2 * t;
#pragma unroll
    for (int block = 0; block < 8; ++block) {
      *reinterpret_cast<uint32_t*>(to + 8 * block) =
          pack(type, out[block][2 * row] * scale, out[block][2 * row + 1] * scale);
    }
  }
}

}  // namespace uie::gpu
