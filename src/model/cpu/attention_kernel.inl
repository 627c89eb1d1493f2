// Disentangled attention of one head of one text, for a tile of query rows, in cache (spec/rex.md §7.4).
//
//   score(i, j) = q_i · k_j + q_i · K[δ] + k_j · Q[δ],  δ = position(i) - position(j)
//
// The idea: the two position terms are functions of (token, position of the other), and a text has no more positions
// than tokens. So c2p is a product of the query rows with consecutive columns of a table, p2c one of the key rows; no
// score is gathered from memory. Row i of c2p starts at column reach - position(i): a block of rows computes the band
// of columns that its positions span, and each row reads the band at its own shift. p2c comes out key by key, is
// transposed in 4×4 blocks and then added to every query row by its position. In the text part the positions are
// consecutive, so the shifted rows are read as vectors; only the prompt's tokens (prefixes and types restart their
// positions) look up one by one. Distances past the table's reach share its outermost columns: bands are cut there and
// reads clamped.
//
// Visibility: a query of group 0 sees everything; another row gets a mask, made once for each run of equal (group,
// slot).
#pragma once

#include "model/cpu/gemm_kernel.inl"

namespace uie::model::cpu {
namespace {

constexpr float kInvisible = -1e30F;

// Where a task's scratch memory goes. Row pitches leave room for whole vectors and for blocks that overhang.
struct AttentionLayout {
  size_t pitch = 0;                             // of a row over keys
  size_t band_pitch = 0;                        // of a row over table columns
  size_t position_low = 0, position_count = 0;  // of the query tile
  size_t keys = 0, values = 0, band = 0, shifted = 0, p2c = 0, scores = 0, mask = 0, output = 0;  // offsets
  size_t total = 0;
};

inline size_t up(size_t value, size_t step) { return (value + step - 1) / step * step; }

struct Range {
  int32_t low, high;  // both inclusive
};

inline Range position_range(const int32_t* positions, size_t begin, size_t end) {
  Range range{positions[begin], positions[begin]};
  for (size_t i = begin + 1; i < end; ++i) {
    if (positions[i] < range.low) range.low = positions[i];
    if (positions[i] > range.high) range.high = positions[i];
  }
  return range;
}

AttentionLayout layout_of(const AttentionTask& task) {
  AttentionLayout at;
  const Range rows = position_range(task.positions, task.row_begin, task.row_end);
  at.position_low = static_cast<size_t>(rows.low);
  at.position_count = static_cast<size_t>(rows.high - rows.low) + 1;
  at.pitch = up(task.length + 16, kPanel);
  at.band_pitch = up(at.position_count + task.position_count, kPanel) + kPanel;
  const auto take = [&](size_t count) {
    const size_t begin = at.total;
    at.total += up(count, 16);
    return begin;
  };
  at.keys = take(task.dim * up(task.length, kPanel));
  at.values = take(task.length * up(task.dim_padded, kPanel));
  at.band = take(kBlockRows * at.band_pitch);
  at.shifted = take(kBlockRows * up(at.position_count + 4, 16));
  at.p2c = task.p2c ? take(up(at.position_count, 4) * at.pitch) : 0;
  at.scores = take(kBlockRows * at.pitch);
  at.mask = take(at.pitch);
  at.output = take(kBlockRows * up(task.dim_padded, kPanel));
  return at;
}

size_t attention_scratch(const AttentionTask& task) { return layout_of(task).total; }

// 4 rows of 4 → 4 columns; rows start where the pointers say.
inline void transpose4(const float* const rows[4], size_t column, float* out, size_t pitch) {
#ifdef __SSE2__
  __m128 a = _mm_loadu_ps(rows[0] + column), b = _mm_loadu_ps(rows[1] + column);
  __m128 c = _mm_loadu_ps(rows[2] + column), d = _mm_loadu_ps(rows[3] + column);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(out, a);
  _mm_storeu_ps(out + pitch, b);
  _mm_storeu_ps(out + 2 * pitch, c);
  _mm_storeu_ps(out + 3 * pitch, d);
#else
  for (size_t i = 0; i < 4; ++i) {
    for (size_t r = 0; r < 4; ++r) out[i * pitch + r] = rows[r][column + i];
  }
#endif
}

void pack_panel(const float* x, size_t ld, size_t rows, size_t dim, float* panel) {
  static const float kZeros[16] = {};
  for (size_t row = 0; row < kPanel; row += 4) {
    for (size_t i = 0; i < dim; i += 4) {
      const float* from[4];
      for (size_t r = 0; r < 4; ++r) from[r] = row + r < rows ? x + (row + r) * ld + i : kZeros;
      if (i + 4 <= dim) {
        transpose4(from, 0, panel + i * kPanel + row, kPanel);
        continue;
      }
      for (size_t left = 0; left < dim - i; ++left) {
        for (size_t r = 0; r < 4; ++r) panel[(i + left) * kPanel + row + r] = from[r][left];
      }
    }
  }
}

void pack_transposed(const float* x, size_t ld, size_t rows, size_t dim, float* panels) {
  for (size_t row = 0; row < rows; row += kPanel) {
    const size_t count = rows - row < kPanel ? rows - row : kPanel;
    pack_panel(x + row * ld, ld, count, dim, panels + row * dim);
  }
}

// Panels [dim_padded / kPanel][length][kPanel]: the rows of v lie too far apart to be read as they are.
inline void pack_values(const AttentionTask& task, float* panels) {
  for (size_t column = 0; column < task.dim_padded; column += kPanel) {
    const size_t count = task.dim_padded - column < kPanel ? task.dim_padded - column : kPanel;
    for (size_t row = 0; row < task.length; ++row) {
      float* to = panels + column * task.length + row * kPanel;
      for (size_t i = 0; i < count; i += kWidth) store(to + i, load(task.v + row * task.ld + column + i));
      for (size_t i = count; i < kPanel; i += kWidth) store(to + i, set1(0.0F));
    }
  }
}

// Products of a block of rows with the table columns that lie `offset - position(row)` and on, for all rows of the
// block.
struct Band {
  const float* data;
  size_t pitch;
  ptrdiff_t first, last;  // table columns computed, both inclusive
};

inline Band make_band(const AttentionTask& task, const float* table, const float* rows_of, size_t row, size_t rows,
                      ptrdiff_t low, size_t columns, float* memory, size_t memory_pitch) {
  const Range range = position_range(task.positions, row, row + rows);
  const ptrdiff_t last_column = 2 * static_cast<ptrdiff_t>(task.reach);
  const auto clamp = [&](ptrdiff_t column) { return column < 0 ? 0 : column > last_column ? last_column : column; };
  Band band{memory, memory_pitch, clamp(low - range.high),
            clamp(low - range.low + static_cast<ptrdiff_t>(columns) - 1)};
  multiply_wide(rows, rows_of + row * task.ld, task.ld, table + band.first, task.pitch, task.dim, memory, memory_pitch,
                static_cast<size_t>(band.last - band.first) + 1);
  return band;
}

// Calls piece(to, from, count, stride) so that to + t, t < count, corresponds to band column clamp(start + t): up to
// three pieces, the outer ones with stride 0.
template <class Piece>
inline void clamped_pieces(const Band& band, const float* row, ptrdiff_t start, size_t count, Piece piece) {
  const ptrdiff_t length = static_cast<ptrdiff_t>(count);
  ptrdiff_t before = band.first - start, until = band.last + 1 - start;
  before = before < 0 ? 0 : before > length ? length : before;
  until = until < before ? before : until > length ? length : until;
  if (before > 0) piece(0, row, before, false);
  if (until > before) piece(before, row + (start + before - band.first), until - before, true);
  if (length > until) piece(until, row + (band.last - band.first), length - until, false);
}

// Both have room for a whole last vector (see AttentionLayout).
inline void add_piece(float* to, const float* from, size_t count, bool moving) {
  const Vec constant = set1(*from);
  for (size_t i = 0; i < count; i += kWidth) {
    const Vec old = load(to + i);
    const Vec added = old + (moving ? load(from + i) : constant);
    store(to + i, i + kWidth <= count ? added : keep_first(count - i, added, old));
  }
}

inline void copy_piece(float* to, const float* from, size_t count, bool moving) {
  for (size_t i = 0; i < count; ++i) to[i] = moving ? from[i] : *from;
}

// p2c[position - low][key] for every position of the query tile.
inline void make_p2c(const AttentionTask& task, const AttentionLayout& at, float* scratch) {
  const ptrdiff_t low = static_cast<ptrdiff_t>(at.position_low + task.reach);
  const size_t shifted_pitch = up(at.position_count + 4, 16);
  for (size_t key = 0; key < task.length;) {
    const size_t keys = next_block(task.length - key);
    const Band band =
        make_band(task, task.p2c, task.k, key, keys, low, at.position_count, scratch + at.band, at.band_pitch);
    const float* rows[kBlockRows + 3];
    for (size_t r = 0; r < keys; ++r) {
      const float* row = band.data + r * band.pitch;
      const ptrdiff_t start = low - task.positions[key + r];
      if (start >= band.first && start + static_cast<ptrdiff_t>(at.position_count) - 1 <= band.last) {
        rows[r] = row + (start - band.first);
        continue;
      }
      float* copy = scratch + at.shifted + r * shifted_pitch;
      clamped_pieces(band, row, start, at.position_count,
                     [&](ptrdiff_t to, const float* from, ptrdiff_t count, bool moving) {
                       copy_piece(copy + to, from, static_cast<size_t>(count), moving);
                     });
      rows[r] = copy;
    }
    for (size_t r = keys; r < up(keys, 4); ++r) rows[r] = rows[0];
    for (size_t position = 0; position < at.position_count; position += 4) {
      for (size_t r = 0; r < keys; r += 4) {
        transpose4(rows + r, position, scratch + at.p2c + position * at.pitch + key + r, at.pitch);
      }
    }
    key += keys;
  }
}

// scores[key] += the band's number at column start + position(key).
inline void add_indexed(float* scores, const int32_t* positions, size_t count, const float* from_row, ptrdiff_t start,
                        const Band& band) {
  for (size_t key = 0; key < count; ++key) {
    const ptrdiff_t column = start + positions[key];
    scores[key] += from_row[(column < band.first ? band.first : column > band.last ? band.last : column) - band.first];
  }
}

inline void add_c2p(const AttentionTask& task, const AttentionLayout& at, size_t row, size_t rows, float* scratch) {
  const ptrdiff_t low = static_cast<ptrdiff_t>(task.reach);
  const Band band =
      make_band(task, task.c2p, task.q, row, rows, low, task.position_count, scratch + at.band, at.band_pitch);
  for (size_t r = 0; r < rows; ++r) {
    float* scores = scratch + at.scores + r * at.pitch;
    const float* from_row = band.data + r * band.pitch;
    const ptrdiff_t start = low - task.positions[row + r];
    add_indexed(scores, task.positions, task.linear_from, from_row, start, band);
    if (task.linear_from == task.length) continue;
    float* linear = scores + task.linear_from;
    clamped_pieces(band, from_row, start + task.positions[task.linear_from], task.length - task.linear_from,
                   [&](ptrdiff_t to, const float* from, ptrdiff_t count, bool moving) {
                     add_piece(linear + to, from, static_cast<size_t>(count), moving);
                   });
  }
}

inline void make_mask(const AttentionTask& task, size_t row, float* mask) {
  const int32_t group = task.groups[row], slot = task.slots[row];
  for (size_t key = 0; key < task.length; ++key) {
    const int32_t other = task.groups[key], other_slot = task.slots[key];
    const bool visible = other == 0 || (other == group && (slot == 0 || other_slot == 0 || slot == other_slot));
    mask[key] = visible ? 0.0F : kInvisible;
  }
}

inline void add_row(float* to, const float* from, size_t padded_count) {
  for (size_t i = 0; i < padded_count; i += kWidth) store(to + i, load(to + i) + load(from + i));
}

// In place: 2^(score - largest), zeros behind the last key. Returns 1 / the sum.
inline float soften(float* scores, size_t length) {
  const size_t padded_length = up(length, kWidth), last = padded_length - kWidth;
  store(scores + last, keep_first(length - last, load(scores + last), set1(kInvisible)));
  Vec top = load(scores);
  for (size_t i = kWidth; i < padded_length; i += kWidth) top = max(top, load(scores + i));
  const Vec peak = set1(largest(top));
  Vec total = set1(0.0F);
  for (size_t i = 0; i < padded_length; i += kWidth) {
    const Vec weight = exp2_of(load(scores + i) - peak);
    store(scores + i, weight);
    total = total + weight;
  }
  return 1.0F / sum(total);
}

inline void write_output(const AttentionTask& task, size_t row, const float* values, float scale) {
  for (size_t i = 0; i < task.dim_padded; i += kWidth) {
    const Vec value = load(values + i) * set1(scale);
    if (task.out16) {
      store_bf16(task.out16 + row * task.ldo + i, value);
    } else {
      store(task.out + row * task.ldo + i, value);
    }
  }
}

inline void score_block(const AttentionTask& task, const AttentionLayout& at, size_t row, size_t rows, float* scratch) {
  float* scores = scratch + at.scores;
  for (size_t key = 0; key < task.length; key += kPanel) {
    multiply_rows<kPanelVecs>(rows, task.q + row * task.ld, task.ld, scratch + at.keys + key * task.dim, kPanel,
                              task.dim, nullptr, scores + key, at.pitch);
  }
  if (task.c2p) add_c2p(task, at, row, rows, scratch);
  if (!task.p2c) return;
  for (size_t r = 0; r < rows; ++r) {
    const size_t position = static_cast<size_t>(task.positions[row + r]) - at.position_low;
    add_row(scores + r * at.pitch, scratch + at.p2c + position * at.pitch, up(task.length, kWidth));
  }
}

// The (group, slot) that the mask in scratch belongs to.
struct MaskOwner {
  int32_t group = 0, slot = 0;
};

inline void hide_row(const AttentionTask& task, const AttentionLayout& at, size_t row, float* scores, float* scratch,
                     MaskOwner& owner) {
  if (task.groups[row] == 0) return;
  if (task.groups[row] != owner.group || task.slots[row] != owner.slot) {
    make_mask(task, row, scratch + at.mask);
    owner = {task.groups[row], task.slots[row]};
  }
  add_row(scores, scratch + at.mask, up(task.length, kWidth));
}

void attend(const AttentionTask& task, float* scratch) {
  const AttentionLayout at = layout_of(task);
  pack_transposed(task.k, task.ld, task.length, task.dim, scratch + at.keys);
  pack_values(task, scratch + at.values);
  if (task.p2c) make_p2c(task, at, scratch);
  MaskOwner owner;
  const size_t output_pitch = up(task.dim_padded, kPanel);
  for (size_t row = task.row_begin; row < task.row_end;) {
    const size_t rows = next_block(task.row_end - row);
    score_block(task, at, row, rows, scratch);
    float scales[kBlockRows];
    for (size_t r = 0; r < rows; ++r) {
      float* scores = scratch + at.scores + r * at.pitch;
      hide_row(task, at, row + r, scores, scratch, owner);
      scales[r] = soften(scores, task.length);
    }
    for (size_t column = 0; column < task.dim_padded; column += kPanel) {
      multiply_rows<kPanelVecs>(rows, scratch + at.scores, at.pitch, scratch + at.values + column * task.length, kPanel,
                                task.length, nullptr, scratch + at.output + column, output_pitch);
    }
    for (size_t r = 0; r < rows; ++r) {
      write_output(task, row + r, scratch + at.output + r * output_pitch, scales[r]);
    }
    row += rows;
  }
}

}  // namespace
}  // namespace uie::model::cpu
