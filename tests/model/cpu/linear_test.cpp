// Products of every shape against double loops, on every instruction set, and the promise that a row's bits do not
// depend on its neighbours.
#include "model/cpu/linear.h"

#include <cmath>
#include <cstring>

#include "model/cpu/random_numbers.h"

namespace uie::model::cpu {
namespace {

struct Shape {
  size_t rows, columns, k;
};

const std::vector<Shape> kShapes = {{1, 1, 1},    {1, 512, 512}, {2, 33, 7}, {5, 31, 100},  {12, 32, 32},  {63, 48, 64},
                                    {64, 96, 32}, {65, 97, 33},  {25, 7, 3}, {200, 40, 16}, {131, 512, 48}};

double activated(Post post, double x) {
  switch (post) {
    case Post::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Post::relu:
      return std::max(x, 0.0);
    case Post::tanh:
      return std::tanh(x);
    case Post::none:
      return x;
  }
  return 0;
}

float from_bf16(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

class Linear : public EveryIsa {
 protected:
  // Input, weights, bias and residual of a shape, filled at random; in bf16 already rounded, so that the product itself
  // is exact to float sums.
  void fill(const Shape& shape, Dtype dtype) {
    shape_ = shape, dtype_ = dtype;
    ld_in_ = padded(shape.k), ld_out_ = padded(shape.columns);
    const auto rounded = [&](std::vector<float> numbers) {
      for (float& x : numbers) x = dtype == Dtype::bf16 ? from_bf16(to_bf16(x)) : x;
      return numbers;
    };
    weight_ = rounded(random_.vector(shape.columns * shape.k));
    bias_ = random_.vector(shape.columns);
    const std::vector<float> numbers = rounded(random_.vector(shape.rows * shape.k));
    input_ = AlignedBuffer<float>(shape.rows * ld_in_);
    input16_ = AlignedBuffer<uint16_t>(shape.rows * ld_in_);
    residual_ = AlignedBuffer<float>(shape.rows * ld_out_);
    for (size_t row = 0; row < shape.rows; ++row) {
      for (size_t i = 0; i < shape.k; ++i) {
        input_[row * ld_in_ + i] = numbers[row * shape.k + i];
        input16_[row * ld_in_ + i] = to_bf16(numbers[row * shape.k + i]);
      }
      for (size_t i = 0; i < shape.columns; ++i) residual_[row * ld_out_ + i] = random_();
    }
    matrix_ = PackedMatrix(kernels(), dtype, weight_, shape.columns, shape.k, bias_);
  }

  LinearTask task(Rows output, Post post, const float* residual) {
    LinearTask task;
    task.matrix = &matrix_;
    task.input = {input_.data(), input16_.data(), ld_in_};
    task.rows = shape_.rows;
    task.output = output;
    task.post = post;
    task.residual = residual;
    return task;
  }

  double exact(size_t row, size_t column, Post post, bool residual) const {
    double sum = static_cast<double>(bias_[column]);
    for (size_t i = 0; i < shape_.k; ++i) {
      sum += static_cast<double>(input_[row * ld_in_ + i]) * static_cast<double>(weight_[column * shape_.k + i]);
    }
    return activated(post, sum) + (residual ? static_cast<double>(residual_[row * ld_out_ + column]) : 0);
  }

  void expect_exact(const AlignedBuffer<float>& y, Post post, bool residual) const {
    for (size_t row = 0; row < shape_.rows; ++row) {
      for (size_t column = 0; column < ld_out_; ++column) {
        const double wanted = column < shape_.columns ? exact(row, column, post, residual) : 0;
        ASSERT_NEAR(y[row * ld_out_ + column], wanted, 2e-6 * (4 + std::sqrt(static_cast<double>(shape_.k))))
            << shape_.rows << "x" << shape_.columns << "x" << shape_.k << " at " << row << "," << column;
      }
    }
  }

  bool lacks(Dtype dtype) const { return dtype == Dtype::bf16 && kernels().gemm_bf16 == nullptr; }

  Shape shape_{};
  Dtype dtype_ = Dtype::fp32;
  size_t ld_in_ = 0, ld_out_ = 0;
  std::vector<float> weight_, bias_;
  AlignedBuffer<float> input_, residual_;
  AlignedBuffer<uint16_t> input16_;
  PackedMatrix matrix_;
};
UIE_FOR_EVERY_ISA(Linear);

TEST_P(Linear, EqualsTheNaiveProduct) {
  ThreadPool pool(3);
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16}) {
    if (lacks(dtype)) continue;
    for (const Shape& shape : kShapes) {
      fill(shape, dtype);
      for (const Post post : {Post::none, Post::gelu, Post::relu, Post::tanh}) {
        AlignedBuffer<float> y(shape.rows * ld_out_);
        multiply({kernels(), pool}, task({y.data(), nullptr, ld_out_}, post, nullptr));
        expect_exact(y, post, false);
      }
    }
  }
}

TEST_P(Linear, AddsAResidualInPlace) {
  ThreadPool pool(2);
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16}) {
    if (lacks(dtype)) continue;
    for (const Shape& shape : kShapes) {
      fill(shape, dtype);
      AlignedBuffer<float> y(residual_.size());
      std::memcpy(y.data(), residual_.data(), y.bytes());
      multiply({kernels(), pool}, task({y.data(), nullptr, ld_out_}, Post::none, y.data()));
      expect_exact(y, Post::none, true);
    }
  }
}

TEST_P(Linear, StoresRoundedHalves) {
  ThreadPool pool(2);
  fill({37, 70, 50}, Dtype::fp32);
  AlignedBuffer<float> y(37 * ld_out_);
  AlignedBuffer<uint16_t> y16(37 * ld_out_);
  multiply({kernels(), pool}, task({y.data(), nullptr, ld_out_}, Post::gelu, nullptr));
  multiply({kernels(), pool}, task({nullptr, y16.data(), ld_out_}, Post::gelu, nullptr));
  for (size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y16[i], to_bf16(y[i]));
}

// With the residual in place there is nowhere to keep sums, and the product is done in one go.
TEST_P(Linear, SlicesOfALongProductChangeNoBit) {
  for (const size_t threads : {1, 3}) {
    ThreadPool pool(threads);
    for (const Shape& shape : {Shape{1, 40, 1025}, Shape{13, 24, 2048}, Shape{210, 70, 2500}}) {
      fill(shape, Dtype::fp32);
      for (const Post post : {Post::none, Post::gelu}) {
        AlignedBuffer<float> whole(residual_.size()), sliced(residual_.size());
        std::memcpy(whole.data(), residual_.data(), whole.bytes());
        multiply({kernels(), pool}, task({whole.data(), nullptr, ld_out_}, post, whole.data()));
        multiply({kernels(), pool}, task({sliced.data(), nullptr, ld_out_}, post, residual_.data()));
        ASSERT_EQ(std::memcmp(whole.data(), sliced.data(), whole.bytes()), 0) << shape.rows;
      }
    }
  }
}

// Fused (many rows) or after the product (few rows, panels shared out): the same bits as LayerNorm on its own.
TEST_P(Linear, NormAfterTheProductIsLayerNorm) {
  for (const size_t rows : {3, 700}) {
    ThreadPool pool(2);
    fill({rows, 40, 24}, Dtype::fp32);
    AlignedBuffer<float> weight(ld_out_), bias(ld_out_), plain(rows * ld_out_), fused(rows * ld_out_);
    AlignedBuffer<uint16_t> halves(rows * ld_out_);
    for (size_t i = 0; i < 40; ++i) weight[i] = random_(), bias[i] = random_();
    const NormView norm{weight.data(), bias.data(), 1e-7F, 40};
    const Machine machine{kernels(), pool};
    multiply(machine, task({plain.data(), nullptr, ld_out_}, Post::none, residual_.data()));
    layer_norm(machine, plain.data(), nullptr, {plain.data(), nullptr, ld_out_}, rows, norm);
    const LinearTask product = task({fused.data(), nullptr, ld_out_}, Post::none, residual_.data());
    AlignedBuffer<float> apart(rows * ld_out_);
    multiply_and_norm(machine, product, norm, {apart.data(), halves.data(), ld_out_});
    multiply_and_norm(machine, product, norm, product.output);
    for (size_t i = 0; i < fused.size(); ++i) {
      ASSERT_EQ(apart[i], plain[i]);
      ASSERT_EQ(halves[i], to_bf16(plain[i]));
      ASSERT_EQ(fused[i], plain[i]);
    }
  }
}

TEST_P(Linear, ARowsBitsDoNotDependOnItsNeighbours) {
  ThreadPool one(1), three(3);
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16}) {
    if (lacks(dtype)) continue;
    fill({150, 100, 77}, dtype);
    AlignedBuffer<float> together(150 * ld_out_), alone(ld_out_);
    multiply({kernels(), three}, task({together.data(), nullptr, ld_out_}, Post::gelu, nullptr));
    for (size_t row = 0; row < 150; ++row) {
      LinearTask single = task({alone.data(), nullptr, ld_out_}, Post::gelu, nullptr);
      single.input.floats += row * ld_in_;
      single.input.halves += row * ld_in_;
      single.rows = 1;
      multiply({kernels(), one}, single);
      ASSERT_EQ(std::memcmp(alone.data(), together.data() + row * ld_out_, ld_out_ * sizeof(float)), 0) << row;
    }
  }
}

}  // namespace
}  // namespace uie::model::cpu
