// The models of one server.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/model_flags.h"
#include "cli/runtime.h"

namespace uie::cli {

// A model that the server was told to serve: loaded, or why it is not.
struct ServedModel {
  std::string name;
  std::filesystem::path dir;
  std::optional<LoadedModel> loaded;
  std::string reason;  // of its absence, for people; holds no path above the model's own directory
};

// Loads all side by side, in the order of `flags`. Logs each model, and how several share the CPU.
// Errors: of the first model that could not be loaded, which the message names; the others' are in the log. With
// allow_partial such models come back without `loaded`, and only the failure of all of them is an error. front: see
// load_model.
Result<std::vector<ServedModel>> load_models(const std::vector<ModelFlag>& flags, const Options& options,
                                             bool allow_partial, Metrics& metrics, RedisFront* front = nullptr);

// Stops those that are loaded.
void stop_models(std::vector<ServedModel>& models);

}  // namespace uie::cli
