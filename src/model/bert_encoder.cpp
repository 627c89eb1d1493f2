#include "model/bert_encoder.h"

#include <utility>

#include "model/bert_reference.h"
#include "model/bert_weights.h"
#include "model/cpu/bert_cpu.h"
#include "model/cpu_setup.h"
#include "model/pointer_encoder.h"

namespace uie::model {
namespace {

EncoderInfo describe(const BertConfig& config, const BertWeights& weights, int threads) {
  EncoderInfo info = describe_cpu(threads);
  info.architecture = "bert";
  info.dtype = "fp32";
  info.parameters = weights.parameters();
  info.layers = static_cast<int>(weights.lower.size() + weights.upper.size());
  info.hidden = static_cast<int>(config.hidden);
  info.heads = static_cast<int>(config.heads);
  return info;
}

}  // namespace

QueryLimits query_limits(const BertConfig& config) {
  QueryLimits limits;
  limits.vocabulary = config.vocab_size;
  limits.positions = config.max_position_embeddings;
  return limits;
}

Result<std::unique_ptr<Encoder>> build_bert(const std::filesystem::path& model_dir, const EncoderOptions& options) {
  const auto dtype = choose_dtype(options);
  if (!dtype) return Unexpected(dtype.error());
  const auto config = read_bert_config(model_dir / "config.json");
  if (!config) return Unexpected(config.error());
  const auto reader = checkpoint::Reader::open(model_dir);
  if (!reader) return Unexpected(reader.error());
  auto weights = read_bert_weights(*config, *reader);
  if (!weights) return fail(weights.error().code, weights.error().message, model_dir.string());

  const int threads = choose_threads(options);
  EncoderInfo info = describe(*config, *weights, threads);
  std::unique_ptr<PointerModel> model;
  if (options.reference) {
    model = std::make_unique<BertReference>(*config, *weights, threads);
  } else {
    auto fast = std::make_unique<cpu::BertCpu>(*config, std::move(*weights), cpu_options(options, *dtype, threads),
                                               options.lower_half_cache_bytes);
    info.dtype = to_string(fast->dtype());
    model = std::move(fast);
  }
  info.weight_bytes = model->weight_bytes();
  return make_pointer_encoder(std::move(model), query_limits(*config), std::move(info));
}

}  // namespace uie::model
