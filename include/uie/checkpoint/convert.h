// Rewrites a checkpoint directory: to safetensors, in another type, or with int8 rows.
#pragma once

#include <filesystem>
#include <string>

#include "uie/base/result.h"

namespace uie::checkpoint {

struct ConvertOptions {
  std::string store =
      "keep";  // "keep", "fp32", "fp16", "bf16", "int8" (2-D weights as int8 rows with `<name>.scale`, the rest fp16)
};

struct ConvertReport {
  size_t tensors = 0, parameters = 0, bytes = 0;
};

// Reads `from` (directory or file), writes `to` (a directory: model.safetensors and the small files beside the
// weights). The file is written beside its place and renamed, so that a crash leaves no half file. Errors: those of
// Reader::open; invalid_request for an unknown store; unavailable when `to` cannot be written.
Result<ConvertReport> convert(const std::filesystem::path& from, const std::filesystem::path& to,
                              const ConvertOptions& options);

}  // namespace uie::checkpoint
