#include "model/deberta_encoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/cpu/deberta_cpu.h"
#include "model/cpu_budget.h"
#include "model/deberta_reference.h"
#include "model/link_encoder.h"

namespace uie::model {
namespace {

// Relative positions clip, so nothing in the model bounds the length; memory for the attention matrix does.
constexpr int64_t kShortestBound = 512, kLongestBound = 4096;

// What was built, and in which type it computes.
struct Built {
  std::unique_ptr<LinkModel> model;
  const char* dtype = "fp32";
};

// Threads stay on their cores only where they fill all that the process may use: on a part of them, other encoders and
// other processes would choose the same ones.
std::vector<int> cores_to_pin(const EncoderOptions& options, int threads) {
  const std::vector<int> cores = allowed_cpus();
  return options.pin_threads && threads == static_cast<int>(cores.size()) ? cores : std::vector<int>{};
}

// "auto" is fp32: bf16 halves the work of the products, but near the threshold it changes answers.
Result<cpu::Dtype> choose_dtype(const EncoderOptions& options) {
  if (options.dtype == "auto" || options.dtype == "fp32") return cpu::Dtype::fp32;
  if (options.dtype != "bf16") return fail(ErrorCode::unsupported, "the CPU computes in fp32 or bf16", "dtype");
  if (options.reference) return fail(ErrorCode::unsupported, "the reference path computes in fp32 alone", "dtype");
  if (!cpu::has_bf16(cpu::best_isa())) {
    return fail(ErrorCode::unsupported, "this CPU has no bfloat16 products (AVX512-BF16); take fp32", "dtype");
  }
  return cpu::Dtype::bf16;
}

Built build(const DebertaConfig& config, DebertaWeights weights, const EncoderOptions& options, cpu::Dtype dtype,
            int threads) {
  if (options.reference) return {std::make_unique<DebertaReference>(config, weights, threads)};
  cpu::CpuOptions cpu_options;
  cpu_options.threads = static_cast<size_t>(threads);
  cpu_options.pin_to = cores_to_pin(options, threads);
  cpu_options.dtype = dtype;
  auto model = std::make_unique<cpu::DebertaCpu>(config, std::move(weights), cpu_options);
  const char* in_use = model->dtype() == cpu::Dtype::bf16 ? "bf16" : "fp32";
  return {std::move(model), in_use};
}

EncoderInfo describe(const DebertaConfig& config, const Built& built, size_t parameters, int threads) {
  EncoderInfo info;
  info.architecture = "deberta-v2";
  info.device = "cpu";
  info.device_name = cpu_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  info.dtype = built.dtype;
  info.parameters = parameters;
  info.weight_bytes = built.model->weight_bytes();
  info.threads = threads;
  info.layers = static_cast<int>(config.layers);
  info.hidden = static_cast<int>(config.hidden);
  info.heads = static_cast<int>(config.heads);
  return info;
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
  const auto dtype = choose_dtype(options);
  if (!dtype) return Unexpected(dtype.error());
  const auto config = read_deberta_config(model_dir / "config.json");
  if (!config) return Unexpected(config.error());
  const auto reader = checkpoint::Reader::open(model_dir);
  if (!reader) return Unexpected(reader.error());
  auto weights = read_deberta_weights(*config, *reader);
  if (!weights) return fail(weights.error().code, weights.error().message, model_dir.string());

  const int threads = options.threads > 0 ? options.threads : usable_threads();
  const QueryLimits limits = query_limits(*config, *weights);
  const size_t parameters = weights->parameters();
  Built built = build(*config, std::move(*weights), options, *dtype, threads);
  EncoderInfo info = describe(*config, built, parameters, threads);
  return make_link_encoder(std::move(built.model), limits, std::move(info));
}

}  // namespace uie::model
