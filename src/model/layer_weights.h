// The tensors of one post-norm transformer layer as float32, whichever architecture they come from. No torch types.
#pragma once

#include <cstddef>
#include <vector>

namespace uie::model {

// y = x Wᵀ + b.
struct LinearWeights {
  std::vector<float> weight;  // [out, in], row major
  std::vector<float> bias;    // [out]; empty when the layer has none
};

struct NormWeights {
  std::vector<float> weight, bias;  // [hidden]
};

// H = hidden size, I = intermediate size.
struct LayerWeights {
  LinearWeights query, key, value;  // [H, H]
  LinearWeights attention_output;   // [H, H]
  NormWeights attention_norm;
  LinearWeights intermediate;  // [I, H]
  LinearWeights output;        // [H, I]
  NormWeights output_norm;
};

inline size_t count(const LinearWeights& linear) { return linear.weight.size() + linear.bias.size(); }
inline size_t count(const NormWeights& norm) { return norm.weight.size() + norm.bias.size(); }
inline size_t count(const LayerWeights& layer) {
  return count(layer.query) + count(layer.key) + count(layer.value) + count(layer.attention_output) +
         count(layer.attention_norm) + count(layer.intermediate) + count(layer.output) + count(layer.output_norm);
}

}  // namespace uie::model
