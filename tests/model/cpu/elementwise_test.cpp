#include <cmath>

#include "model/cpu/aligned_buffer.h"
#include "model/cpu/packed_matrix.h"
#include "model/cpu/random_numbers.h"

namespace uie::model::cpu {
namespace {

using Elementwise = EveryIsa;
UIE_FOR_EVERY_ISA(Elementwise);

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }

std::vector<float> grid(float low, float high) {
  std::vector<float> points(1 << 16);
  for (size_t i = 0; i < points.size(); ++i) {
    points[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(points.size() - 1);
  }
  return points;
}

double worst_of(const Kernels& kernels, Post post, float low, float high, double (*exact)(double)) {
  const std::vector<float> x = grid(low, high);
  std::vector<float> y(x.size());
  kernels.activate(post, x.data(), y.data(), x.size());
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(y[i]) - exact(static_cast<double>(x[i]))));
  }
  return worst;
}

TEST_P(Elementwise, ActivationsAreExactToAMillionth) {
  EXPECT_LT(worst_of(kernels(), Post::gelu, -6, 6, gelu), 1e-6);
  EXPECT_LT(worst_of(kernels(), Post::tanh, -12, 12, std::tanh), 1e-6);
  EXPECT_EQ(worst_of(kernels(), Post::relu, -3, 3, [](double x) { return std::max(x, 0.0); }), 0);
  EXPECT_EQ(worst_of(kernels(), Post::none, -3, 3, [](double x) { return x; }), 0);
}

// Padding columns rely on f(0) = 0; far from 0 GELU must neither leak nor drift.
TEST_P(Elementwise, ActivationsAtTheEnds) {
  const std::vector<float> x = {0,     -0.0F,  5.5F,   -5.5F, 100,    -100, 1e6F, -1e6F,
                                1e-8F, -1e-8F, 1e-30F, 3e38F, -3e38F, 6,    -6,   0};
  std::vector<float> y(x.size());
  kernels().activate(Post::gelu, x.data(), y.data(), x.size());
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[4], 100);
  EXPECT_EQ(y[5], 0);
  EXPECT_EQ(y[6], 1e6F);
  EXPECT_EQ(y[7], 0);
  EXPECT_FLOAT_EQ(y[8], 5e-9F);
  EXPECT_EQ(y[11], 3e38F);
  EXPECT_EQ(y[12], 0);
  kernels().activate(Post::tanh, x.data(), y.data(), x.size());
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[11], 1);
  EXPECT_EQ(y[12], -1);
}

TEST_P(Elementwise, Exp2IsExactAndFallsToZero) {
  const std::vector<float> x = grid(-140, 0);
  std::vector<float> y(x.size());
  kernels().exp2(x.data(), y.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp2(static_cast<double>(x[i]));
    if (x[i] > -126) {
      ASSERT_NEAR(static_cast<double>(y[i]) / exact, 1, 3e-7) << x[i];
    } else {
      ASSERT_LE(y[i], 1.3e-38F) << x[i];
    }
  }
  const std::vector<float> far(16, -1e30F);
  kernels().exp2(far.data(), y.data(), far.size());
  EXPECT_EQ(y[0], 0);
}

TEST_P(Elementwise, Bf16RoundsToNearestEven) {
  std::vector<float> x = random_.vector(4096, -100, 100);
  x[0] = 1.00390625F;  // half way between two: to the even one
  x[1] = 1.01171875F;
  x[2] = 0;
  std::vector<uint16_t> y(x.size());
  kernels().round_to_bf16(x.data(), y.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], to_bf16(x[i])) << x[i];
  EXPECT_EQ(y[0], 0x3F80);
  EXPECT_EQ(y[1], 0x3F82);
}

TEST_P(Elementwise, LayerNormIsThatOfDoubles) {
  for (const size_t columns : {1, 5, 16, 31, 32, 100, 512}) {
    const size_t rows = 3, ld = padded(columns);
    AlignedBuffer<float> x(rows * ld), add(rows * ld), y(rows * ld), weight(ld), bias(ld);
    AlignedBuffer<uint16_t> y16(rows * ld);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < columns; ++i) {
        x[row * ld + i] = 7 + random_();  // a mean far from 0
        add[row * ld + i] = random_();
        weight[i] = random_();
        bias[i] = random_();
      }
    }
    NormTask task;
    task.x = x.data(), task.add = add.data(), task.y = y.data(), task.y16 = y16.data();
    task.weight = weight.data(), task.bias = bias.data(), task.eps = 1e-7F;
    task.columns = columns, task.ld = ld, task.row_end = rows;
    kernels().layer_norm(task);
    for (size_t row = 0; row < rows; ++row) {
      double mean = 0, variance = 0;
      const auto value = [&](size_t i) {
        return static_cast<double>(x[row * ld + i]) + static_cast<double>(add[row * ld + i]);
      };
      for (size_t i = 0; i < columns; ++i) mean += value(i) / static_cast<double>(columns);
      for (size_t i = 0; i < columns; ++i)
        variance += (value(i) - mean) * (value(i) - mean) / static_cast<double>(columns);
      for (size_t i = 0; i < ld; ++i) {
        const double exact = i < columns
                                 ? (value(i) - mean) / std::sqrt(variance + 1e-7) * static_cast<double>(weight[i]) +
                                       static_cast<double>(bias[i])
                                 : 0;
        ASSERT_NEAR(y[row * ld + i], exact, columns == 1 ? 1e-2 : 3e-5) << columns << " columns, at " << i;
        ASSERT_EQ(y16[row * ld + i], to_bf16(y[row * ld + i]));
      }
    }
  }
}

}  // namespace
}  // namespace uie::model::cpu
