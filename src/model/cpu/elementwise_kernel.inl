// Functions applied number by number, and LayerNorm.
#pragma once

namespace uie::model::cpu {
namespace {

// 2^x for x in [-127, 127], relative error below 2e-7; exactly 0 at and below -127. The polynomial is the Chebyshev fit
// of 2^f on [-1/2, 1/2].
inline Vec exp2_of(Vec x) {
  const Vec bounded = max(x, set1(-127.0F));
  const Vec whole = nearest(bounded);
  const Vec f = bounded - whole;
  Vec p = set1(0.000154614449F);
  p = fma(p, f, set1(0.0013400428F));
  p = fma(p, f, set1(0.00961805694F));
  p = fma(p, f, set1(0.0555032715F));
  p = fma(p, f, set1(0.240226507F));
  p = fma(p, f, set1(0.693147182F));
  p = fma(p, f, set1(1.0F));
  return p * pow2(whole);
}

// erf, absolute error below 3e-7: x · P(x²), P the Chebyshev fit of erf(√t)/√t on [0, 3.85²], in u = 2t/3.85² - 1 where
// Horner's rule is well conditioned. From 3.85 on erf is 1 in float to within 6e-8.
inline Vec erf_of(Vec x) {
  constexpr float kCoefficients[] = {0.00148944382F, -0.00344160572F, 0.00200038753F, -0.00303659169F, 0.0118760532F,
                                     -0.0206220821F, 0.027843453F,    -0.0401731841F, 0.0565550439F,   -0.0733762905F,
                                     0.0907978565F,  -0.110367693F,   0.136212632F,   -0.18330197F,    0.367284805F};
  const Vec limit = set1(3.85F), one = set1(1.0F);
  const Vec u = fma(x * x, set1(0.13493F), -one);
  Vec p = set1(kCoefficients[0]);
#pragma GCC unroll 16
  for (size_t i = 1; i < sizeof(kCoefficients) / sizeof(float); ++i) p = fma(p, u, set1(kCoefficients[i]));
  const Vec inside = p * x;
  return where_greater(x, limit, one, where_greater(-limit, x, -one, inside));
}

inline Vec gelu_of(Vec x) {
  const Vec half = x * set1(0.5F);
  return fma(half, erf_of(x * set1(0.70710678F)), half);
}

// tanh |x| = (1 - e) / (1 + e) with e = exp(-2|x|); absolute error below 2e-7.
inline Vec tanh_of(Vec x) {
  const Vec one = set1(1.0F);
  const Vec e = exp2_of(abs(x) * set1(-2.88539008F));
  const Vec magnitude = (one - e) / (one + e);
  return where_greater(set1(0.0F), x, -magnitude, magnitude);
}

template <Post kPost>
inline Vec post_of(Vec x) {
  if constexpr (kPost == Post::gelu) return gelu_of(x);
  if constexpr (kPost == Post::relu) return max(x, set1(0.0F));
  if constexpr (kPost == Post::tanh) return tanh_of(x);
  return x;
}

template <Post kPost>
void activate_as(const float* x, float* y, size_t count) {
  for (size_t i = 0; i < count; i += kWidth) store(y + i, post_of<kPost>(load(x + i)));
}

void activate(Post post, const float* x, float* y, size_t count) {
  switch (post) {
    case Post::none:
      return activate_as<Post::none>(x, y, count);
    case Post::gelu:
      return activate_as<Post::gelu>(x, y, count);
    case Post::relu:
      return activate_as<Post::relu>(x, y, count);
    case Post::tanh:
      return activate_as<Post::tanh>(x, y, count);
  }
}

void exp2_row(const float* x, float* y, size_t count) {
  for (size_t i = 0; i < count; i += kWidth) store(y + i, exp2_of(load(x + i)));
}

void round_to_bf16(const float* x, uint16_t* y, size_t count) {
  for (size_t i = 0; i < count; i += kWidth) store_bf16(y + i, load(x + i));
}

// One row: sum, then squared differences (two passes keep the variance exact for rows far from 0), then scale.
inline void normalise_row(const NormTask& task, const float* x, const float* add, float* y, uint16_t* y16) {
  const size_t padded_columns = (task.columns + kWidth - 1) / kWidth * kWidth;
  Vec total = set1(0.0F);
  for (size_t i = 0; i < padded_columns; i += kWidth) {
    const Vec value = add ? load(x + i) + load(add + i) : load(x + i);
    store(y + i, value);
    total = total + value;
  }
  const float columns = static_cast<float>(task.columns);
  const Vec mean = set1(sum(total) / columns);
  Vec squares = set1(0.0F);
  for (size_t i = 0; i < padded_columns; i += kWidth) {
    Vec difference = load(y + i) - mean;
    if (i + kWidth > task.columns) difference = keep_first(task.columns - i, difference, set1(0.0F));
    squares = fma(difference, difference, squares);
  }
  const Vec scale = set1(1.0F / __builtin_sqrtf(sum(squares) / columns + task.eps));
  for (size_t i = 0; i < task.ld; i += kWidth) {
    const Vec value = i < padded_columns ? (load(y + i) - mean) * scale : set1(0.0F);
    const Vec result = fma(value, load(task.weight + i), load(task.bias + i));
    store(y + i, result);
    if (y16) store_bf16(y16 + i, result);
  }
}

void layer_norm(const NormTask& task) {
  for (size_t row = task.row_begin; row < task.row_end; ++row) {
    const size_t at = row * task.ld;
    normalise_row(task, task.x + at, task.add ? task.add + at : nullptr, task.y + at,
                  task.y16 ? task.y16 + at : nullptr);
  }
}

}  // namespace
}  // namespace uie::model::cpu
