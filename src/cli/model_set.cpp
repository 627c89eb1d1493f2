#include "cli/model_set.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <future>

#include "uie/base/log.h"

namespace uie::cli {
namespace {

using Loading = std::future<Result<LoadedModel>>;

Result<LoadedModel> outcome(Loading& loading) {
  try {
    return loading.get();
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("loading failed: ") + error.what());
  }
}

// Answers show the reason to clients: what lies above the model's directory is not their business.
std::string without_outer_path(std::string text, const std::filesystem::path& dir) {
  const std::string whole = dir.string(), shown = dir.filename().string();
  for (size_t at = 0; !whole.empty() && (at = text.find(whole, at)) != std::string::npos; at += shown.size())
    text.replace(at, whole.size(), shown);
  return text;
}

std::string whole_text(const Error& error) {
  return error.where.empty() ? error.message : error.message + " (" + error.where + ")";
}

void log_loaded(const LoadedModel& model) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f s", model.load_seconds);
  log_info("model " + model.name + ": " + model.family->name() + " from " + model.dir.string() + ", loaded in " +
           seconds);
}

void log_sharing(const std::vector<ServedModel>& models) {
  size_t count = 0;
  int threads = 0;
  for (const ServedModel& model : models) {
    if (!model.loaded) continue;
    ++count;
    for (const DeviceStatus& device : model.loaded->engine->status().devices)
      threads = std::max(threads, device.info.threads);
  }
  if (count < 2) return;
  log_info(std::to_string(count) + " models share the CPU: one batch at a time runs, on " + std::to_string(threads) +
           " encoder threads, and the models take turns");
}

// Every failure in the log, loudly; the first as the error.
std::optional<Error> report_failures(std::vector<ServedModel>& models, const std::vector<Error>& errors) {
  std::optional<Error> first;
  for (size_t i = 0; i < models.size(); ++i) {
    if (models[i].loaded) continue;
    log_error("model " + models[i].name + " could not be loaded: " + whole_text(errors[i]));
    models[i].reason = without_outer_path(errors[i].message, models[i].dir);
    if (!first) first = Error{errors[i].code, "model " + models[i].name + ": " + errors[i].message, errors[i].where};
  }
  return first;
}

}  // namespace

Result<std::vector<ServedModel>> load_models(const std::vector<ModelFlag>& flags, const Options& options,
                                             bool allow_partial, Metrics& metrics, RedisFront* front) {
  const bool shared = flags.size() > 1 && options.encoder.device == "cpu";
  const auto turns = shared ? std::make_shared<Turns>() : nullptr;
  std::vector<Loading> loadings;
  for (const ModelFlag& flag : flags) {
    loadings.push_back(std::async(std::launch::async, [&flag, &options, &metrics, turns, front] {
      return load_model(flag.name, flag.dir, options, metrics, turns, front);
    }));
  }
  std::vector<ServedModel> models;
  std::vector<Error> errors(flags.size());
  for (size_t i = 0; i < flags.size(); ++i) {
    auto& model = models.emplace_back(ServedModel{flags[i].name, flags[i].dir, std::nullopt, ""});
    auto loaded = outcome(loadings[i]);
    if (loaded) {
      log_loaded(*loaded);
      model.loaded = std::move(*loaded);
    } else {
      errors[i] = std::move(loaded.error());
    }
  }
  const bool any =
      std::any_of(models.begin(), models.end(), [](const auto& model) { return model.loaded.has_value(); });
  if (const auto failure = report_failures(models, errors); failure && !(allow_partial && any)) {
    stop_models(models);
    return Unexpected(*failure);
  }
  log_sharing(models);
  return models;
}

void stop_models(std::vector<ServedModel>& models) {
  for (ServedModel& model : models) {
    if (model.loaded) stop_model(*model.loaded);
  }
}

}  // namespace uie::cli
