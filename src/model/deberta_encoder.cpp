#include "model/deberta_encoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/cpu_budget.h"
#include "model/deberta_reference.h"
#include "model/link_encoder.h"

namespace uie::model {
namespace {

// Relative positions clip, so nothing in the model bounds the length; memory for the attention matrix does.
constexpr int64_t kShortestBound = 512, kLongestBound = 4096;

EncoderInfo describe(const DebertaConfig& config, const LinkModel& model, size_t parameters, int threads) {
  EncoderInfo info;
  info.architecture = "deberta-v2";
  info.device = "cpu";
  info.device_name = cpu_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  info.dtype = "fp32";
  info.parameters = parameters;
  info.weight_bytes = model.weight_bytes();
  info.threads = threads;
  info.layers = static_cast<int>(config.layers);
  info.hidden = static_cast<int>(config.hidden);
  info.heads = static_cast<int>(config.heads);
  return info;
}

// "auto" is fp32 on the CPU.
Result<void> check_dtype(const EncoderOptions& options) {
  if (options.dtype == "auto" || options.dtype == "fp32") return {};
  return fail(ErrorCode::unsupported, "dtype " + options.dtype + " is not supported on the CPU", "dtype");
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
  if (const auto usable = check_dtype(options); !usable) return Unexpected(usable.error());
  const auto config = read_deberta_config(model_dir / "config.json");
  if (!config) return Unexpected(config.error());
  const auto reader = checkpoint::Reader::open(model_dir);
  if (!reader) return Unexpected(reader.error());
  auto weights = read_deberta_weights(*config, *reader);
  if (!weights) return fail(weights.error().code, weights.error().message, model_dir.string());

  const int threads = options.threads > 0 ? options.threads : usable_threads();
  const QueryLimits limits = query_limits(*config, *weights);
  const size_t parameters = weights->parameters();
  std::unique_ptr<LinkModel> model = std::make_unique<DebertaReference>(*config, *weights, threads);
  EncoderInfo info = describe(*config, *model, parameters, threads);
  return make_link_encoder(std::move(model), limits, std::move(info));
}

}  // namespace uie::model
