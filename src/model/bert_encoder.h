// Builds the encoder of a directory whose config says model_type "bert": SiameseUIE and SiameseUniNLU.
#pragma once

#include <filesystem>
#include <memory>

#include "model/bert_config.h"
#include "model/query_check.h"
#include "uie/model/encoder.h"

namespace uie::model {

QueryLimits query_limits(const BertConfig& config);

// As load_encoder. May throw what the libraries throw.
Result<std::unique_ptr<Encoder>> build_bert(const std::filesystem::path& model_dir, const EncoderOptions& options);

}  // namespace uie::model
