#include "model/deberta_encoder.h"

#include <algorithm>
#include <utility>

#include "model/cpu/deberta_cpu.h"
#include "model/cpu_setup.h"
#include "model/deberta_reference.h"
#include "model/link_encoder.h"
#ifdef UIE_CUDA
#include "model/gpu/deberta_device.h"
#endif

namespace uie::model {
namespace {

// Relative positions clip, so nothing in the model bounds the length; memory for the attention matrix does.
constexpr int64_t kShortestBound = 512, kLongestBound = 4096;

// What was built, and in which type it computes.
struct Built {
  std::unique_ptr<LinkModel> model;
  const char* dtype = "fp32";
};

Built build(const DebertaConfig& config, DebertaWeights weights, const EncoderOptions& options, cpu::Dtype dtype,
            int threads) {
  if (options.reference) return {std::make_unique<DebertaReference>(config, weights, threads)};
  auto model = std::make_unique<cpu::DebertaCpu>(config, std::move(weights), cpu_options(options, dtype, threads));
  const char* in_use = to_string(model->dtype());
  return {std::move(model), in_use};
}

EncoderInfo describe(const DebertaConfig& config, const LinkModel& model, size_t parameters, EncoderInfo info) {
  info.architecture = "deberta-v2";
  info.parameters = parameters;
  info.weight_bytes = model.weight_bytes();
  info.layers = static_cast<int>(config.layers);
  info.hidden = static_cast<int>(config.hidden);
  info.heads = static_cast<int>(config.heads);
  return info;
}

Result<std::unique_ptr<Encoder>> build_on_device([[maybe_unused]] const std::filesystem::path& model_dir,
                                                 [[maybe_unused]] const DebertaConfig& config,
                                                 [[maybe_unused]] const DebertaWeights& weights,
                                                 const EncoderOptions& options) {
#ifdef UIE_CUDA
  const QueryLimits limits = query_limits(config, weights);
  return gpu::build_deberta_on_device(model_dir, config, weights, limits.positions, options)
      .map([&](gpu::OnDevice&& built) {
        EncoderInfo info;
        info.device = options.device;
        info.device_name = built.device_name;
        info.dtype = built.dtype;
        info = describe(config, *built.model, weights.parameters(), info);
        return make_link_encoder(std::move(built.model), limits, std::move(info));
      });
#else
  return fail(ErrorCode::unsupported, "this build has no CUDA encoder; take the device cpu", options.device);
#endif
}

}  // namespace

QueryLimits query_limits(const DebertaConfig& config, const DebertaWeights& weights) {
  QueryLimits limits;
  limits.vocabulary = weights.vocab_rows;
  limits.length = std::clamp(config.max_position_embeddings, kShortestBound, kLongestBound);
  limits.positions = config.position_biased_input ? config.max_position_embeddings : limits.length;
  limits.segments = config.type_vocab_size;
  return limits;
}

Result<std::unique_ptr<Encoder>> build_deberta(const std::filesystem::path& model_dir, const EncoderOptions& options) {
  const bool on_cpu = options.device == "cpu";
  const auto dtype = on_cpu ? choose_dtype(options) : cpu::Dtype::fp32;
  if (!dtype) return Unexpected(dtype.error());
  const auto config = read_deberta_config(model_dir / "config.json");
  if (!config) return Unexpected(config.error());
  const auto reader = checkpoint::Reader::open(model_dir);
  if (!reader) return Unexpected(reader.error());
  auto weights = read_deberta_weights(*config, *reader);
  if (!weights) return fail(weights.error().code, weights.error().message, model_dir.string());

  if (!on_cpu) return build_on_device(model_dir, *config, *weights, options);
  const int threads = choose_threads(options);
  const QueryLimits limits = query_limits(*config, *weights);
  const size_t parameters = weights->parameters();
  Built built = build(*config, std::move(*weights), options, *dtype, threads);
  EncoderInfo info = describe_cpu(threads);
  info.dtype = built.dtype;
  info = describe(*config, *built.model, parameters, std::move(info));
  return make_link_encoder(std::move(built.model), limits, std::move(info));
}

}  // namespace uie::model
