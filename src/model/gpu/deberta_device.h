// A DeBERTa on a CUDA device as a LinkModel, with a safer type in reserve.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/link_model.h"
#include "uie/base/result.h"
#include "uie/model/encoder.h"

namespace uie::model::gpu {

struct OnDevice {
  std::unique_ptr<LinkModel> model;
  std::string dtype, device_name;
};

// options.device: "cuda" or "cuda:N"; dtype: auto (fp16), fp16 or bf16. A batch whose scores leave fp16's range is run
// again in bf16, whose weights are read from model_dir when that first happens.
// Errors: unsupported, with what to do; unavailable: no such device, no memory.
Result<OnDevice> build_deberta_on_device(const std::filesystem::path& model_dir, const DebertaConfig& config,
                                         const DebertaWeights& weights, int64_t positions,
                                         const EncoderOptions& options);

}  // namespace uie::model::gpu
