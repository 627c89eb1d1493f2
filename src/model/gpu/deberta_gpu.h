// DeBERTa-v2 with the rotary link head on a GPU (spec/rex.md §7, §8): everything over packed tokens, in fp16 or bf16
// with sums in float. Attention and what lies between the products are our kernels (model/kernels), the products
// cuBLAS'.
//
// What is folded at load: relative tables through the projections and by distance; the scale of the scores into the
// query projection and its table; the link head's rows by rotary pair; heads filled up to 64 columns.
//
// A batch is one copy to the device, one graph, one copy back that is waited for: the links above zero and the probes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/gpu/upload.h"
#include "model/kernels/runtime.h"
#include "model/link_model.h"
#include "model/relative_positions.h"
#include "uie/base/result.h"

namespace uie::model::gpu {

struct GpuOptions {
  int device = 0;
  uie::gpu::Number number = uie::gpu::Number::fp16;
  int max_tokens = 16'384;   // run at once; a batch of more is cut into several passes
  int graph_tokens = 4'096;  // passes of up to so many tokens are recorded as graphs; 0: none
};

// A score left the range of its type: run the batch in a safer one.
class NotFinite final : public std::runtime_error {
 public:
  NotFinite() : std::runtime_error("scores are not finite") {}
};

// What of a config these kernels cannot run; empty: they can.
std::string why_not_on_gpu(const DebertaConfig& config);

// Belongs to the thread that makes it. Throws DeviceError.
class DebertaGpu final : public LinkModel {
 public:
  // positions: ids below it may come.
  DebertaGpu(const DebertaConfig& config, const DebertaWeights& weights, int64_t positions, const GpuOptions& options);

  std::vector<LinkHits> run(std::span<const LinkQuery* const> batch) override;
  size_t weight_bytes() const override { return weight_bytes_; }
  size_t work_bytes() const;

 private:
  struct Linear {
    uie::gpu::Memory weight, bias;  // [columns, k], [columns]
    int columns = 0, k = 0;
  };
  struct Norm {
    uie::gpu::Memory weight, bias;
  };
  struct Layer {
    Linear qkv, attention_output, intermediate, output;  // the output layers' biases lie apart, in float
    uie::gpu::Memory attention_bias, output_bias;
    Norm attention_norm, output_norm;
    uie::gpu::Memory key_table, query_table;  // [heads][2 reach + 1][64]
  };
  // Device addresses of one pass.
  struct Pass {
    int rows = 0, tiles = 0;
    UploadLayout layout;
  };

  void load(const DebertaWeights& weights, int64_t positions);
  uie::gpu::Memory put_relative(const DebertaWeights& weights);
  Layer load_layer(const DebertaLayerWeights& weights, const uie::gpu::Memory& relative);
  uie::gpu::Memory put_numbers(std::span<const float> from);
  uie::gpu::Memory put_floats(std::span<const float> from);
  Linear put_linear(const LinearWeights& weights, int columns, int k);
  Norm put_norm(const NormWeights& weights);
  Linear put_heads(const LinearWeights& weights, float scale);
  uie::gpu::Memory fold_table(const uie::gpu::Memory& relative, const Linear& projection, int first_row);
  void load_angles(const DebertaWeights& weights, int64_t positions);

  void reserve(const UploadSize& size);
  void run_pass(std::span<const LinkQuery* const> batch, std::span<LinkHits> hits);
  void run_in_parts(std::span<const LinkQuery* const> batch, std::span<LinkHits> hits, int found);
  void enqueue(const Pass& pass);
  void encode_and_link(const Pass& pass);
  void encode(const Pass& pass);
  void convolve(const Pass& pass);
  void run_layer(const Layer& layer, const Pass& pass);
  void multiply(const Linear& linear, const uint16_t* x, uint16_t* y, int rows);
  void norm(const uint16_t* x, const uint16_t* residual, const float* bias, const Norm& weights, int rows);
  void activate(Activation activation, uint16_t* x, int rows, int columns);
  void find_links(const Pass& pass);
  uie::gpu::NormWeightsView view(const Norm& norm) const;
  template <class T>
  T* uploaded(size_t offset) const {
    return upload_device_.as<T>(offset);
  }

  DebertaConfig config_;
  GpuOptions options_;
  RelativeRows relative_rows_;
  float scale_;  // of scores, in powers of two
  int hidden_, intermediate_, heads_, width_, reach_;
  size_t weight_bytes_ = 0;

  int device_;  // made the thread's own before anything is made on it
  uie::gpu::Queue queue_;
  uie::gpu::Products products_;
  uie::gpu::Memory staging_;  // floats on their way, at load

  uie::gpu::Memory words_, positions_, segments_, cosines_, sines_;
  Norm embedding_norm_, convolution_norm_;
  std::optional<Linear> convolution_;
  std::vector<Layer> layers_;
  Linear links_;  // queries, then keys, by rotary pair

  UploadSize room_;
  int hit_room_ = 0;
  uie::gpu::Memory x_, y_, qkv_, context_, wide_, convolved_, link_rows_;
  uie::gpu::Memory upload_host_, upload_device_, hits_host_, hits_device_, logits_host_, logits_device_;
  std::map<std::pair<int, int>, uie::gpu::Graph> graphs_;
  std::set<std::pair<int, int>> warm_;  // sizes that have run
};

}  // namespace uie::model::gpu
