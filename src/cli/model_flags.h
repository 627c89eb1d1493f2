// The --model flags of `uie serve`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "uie/base/result.h"

namespace uie::cli {

struct ModelFlag {
  std::string name;
  std::filesystem::path dir;
};

// "[NAME=]DIR" each; a model without a name is called "default". What stands before a '=' is a name only when it holds
// no '/', so that a path may hold one.
// Errors: invalid_request: a name that is empty, too long or has other characters than letters, digits, '.', '_', '-'
// (it stands in URLs and metric labels), an empty directory, or two models of one name.
Result<std::vector<ModelFlag>> parse_model_flags(const std::vector<std::string>& flags);

}  // namespace uie::cli
