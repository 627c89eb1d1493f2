// The pieces of which the reference paths are made, in plain ATen. Include after ATen/ATen.h.
#pragma once

#include <cstdint>
#include <vector>

#include "model/activation.h"
#include "model/layer_weights.h"

namespace uie::model {

inline at::Tensor tensor(const std::vector<float>& numbers, at::IntArrayRef shape) {
  if (numbers.empty()) return {};
  return at::from_blob(const_cast<float*>(numbers.data()), shape, at::kFloat).clone();
}

inline at::Tensor indexes(const std::vector<int32_t>& numbers) {
  return at::from_blob(const_cast<int32_t*>(numbers.data()), {static_cast<int64_t>(numbers.size())}, at::kInt)
      .to(at::kLong);
}

inline std::vector<float> numbers(const at::Tensor& from) {
  const at::Tensor flat = from.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

struct Linear {
  at::Tensor weight, bias;  // [out, in], [out]

  Linear() = default;
  explicit Linear(const LinearWeights& from) {
    if (from.bias.empty()) return;
    const auto out = static_cast<int64_t>(from.bias.size());
    weight = tensor(from.weight, {out, static_cast<int64_t>(from.weight.size()) / out});
    bias = tensor(from.bias, {out});
  }
  at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }
};

struct Norm {
  at::Tensor weight, bias;  // [hidden]
  float eps = 0;

  Norm() = default;
  Norm(const NormWeights& from, float epsilon) : eps(epsilon) {
    const auto hidden = static_cast<int64_t>(from.weight.size());
    weight = tensor(from.weight, {hidden});
    bias = tensor(from.bias, {hidden});
  }
  at::Tensor operator()(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight, bias, eps); }
};

struct EncoderLayer {
  Linear query, key, value, attention_output, intermediate, output;
  Norm attention_norm, output_norm;

  EncoderLayer(const LayerWeights& from, float eps)
      : query(from.query),
        key(from.key),
        value(from.value),
        attention_output(from.attention_output),
        intermediate(from.intermediate),
        output(from.output),
        attention_norm(from.attention_norm, eps),
        output_norm(from.output_norm, eps) {}
};

inline at::Tensor activate(Activation kind, const at::Tensor& x) {
  switch (kind) {
    case Activation::gelu:
      return at::gelu(x);
    case Activation::relu:
      return at::relu(x);
    case Activation::tanh:
      return at::tanh(x);
  }
  return x;
}

}  // namespace uie::model
