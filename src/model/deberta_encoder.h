// Builds the encoder of a directory whose config says model_type "deberta-v2".
#pragma once

#include <filesystem>
#include <memory>

#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/query_check.h"
#include "uie/model/encoder.h"

namespace uie::model {

QueryLimits query_limits(const DebertaConfig& config, const DebertaWeights& weights);

// As load_encoder. May throw what the libraries throw.
Result<std::unique_ptr<Encoder>> build_deberta(const std::filesystem::path& model_dir, const EncoderOptions& options);

}  // namespace uie::model
