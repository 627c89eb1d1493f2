// config.json as text, and which architecture it names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "uie/base/result.h"

namespace uie::model {

// Errors: corrupt_checkpoint when the file cannot be read or is larger than any config (1 MiB).
Result<std::string> read_config_file(const std::filesystem::path& file);

// "model_type" of a config. Errors: corrupt_checkpoint.
Result<std::string> model_type(std::string_view config);

}  // namespace uie::model
