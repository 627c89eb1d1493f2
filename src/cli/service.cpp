#include "cli/service.h"

#include <algorithm>

#include "cli/queue_gauges.h"

namespace uie::cli {
namespace {

std::string health_name(DeviceHealth health) {
  switch (health) {
    case DeviceHealth::healthy:
      return "healthy";
    case DeviceHealth::failing:
      return "failing";
    case DeviceHealth::gone:
      return "gone";
  }
  return "gone";
}

DeviceView device_view(const std::string& model, const DeviceStatus& device) {
  DeviceView view;
  view.name = device.info.device_name;
  view.device = device.info.device;
  view.model = model;
  view.dtype = device.info.dtype;
  view.is_gpu = device.info.device.starts_with("cuda");
  view.profile = view.is_gpu ? "gpu" : "cpu";
  view.health = health_name(device.health);
  view.batches = device.batches;
  view.queries = device.queries;
  view.tokens = device.tokens;
  view.failures = device.failures;
  view.max_batch_tokens = device.budget.max_tokens;
  return view;
}

void describe(const LoadedModel& model, ModelView& view) {
  const EngineStatus status = model.engine->status();
  view.family = model.family->name();
  view.max_length = model.family->max_length();
  view.ready = status.ready;
  if (!view.ready) view.reason = "no device is healthy";
  for (const DeviceStatus& device : status.devices) {
    view.dtype = device.info.dtype;
    view.device = device.info.device;
    view.parameters = device.info.parameters;
    view.memory_bytes += device.info.weight_bytes;
  }
}

ModelView model_view(const ServedModel& model) {
  ModelView view;
  view.name = model.name;
  view.path_name = model.dir.filename().string();
  view.languages = {"zh"};
  view.reason = model.reason;
  if (model.loaded) describe(*model.loaded, view);
  return view;
}

}  // namespace

LoadedModel* EngineService::find(std::string_view name) const {
  for (ServedModel& model : models_) {
    if (name.empty() || model.name == name) return model.loaded ? &*model.loaded : nullptr;
  }
  return nullptr;
}

std::vector<ModelView> EngineService::models() const {
  std::vector<ModelView> views;
  for (const ServedModel& model : models_) views.push_back(model_view(model));
  return views;
}

std::vector<DeviceView> EngineService::devices() const {
  std::vector<DeviceView> views;
  for (const ServedModel& model : models_) {
    if (!model.loaded) continue;
    for (const DeviceStatus& device : model.loaded->engine->status().devices)
      views.push_back(device_view(model.name, device));
  }
  return views;
}

JobQueue* EngineService::queue(std::string_view model) {
  LoadedModel* found = find(model);
  return found != nullptr ? &entrance(*found) : nullptr;
}

JobQueue& EngineService::entrance(const LoadedModel& model) const {
  return front_ && !model.falls_back ? front_->queue(model.name) : *model.queue;
}

// A model that could not be loaded, which --allow-partial lets pass, does not hold back the others; the default model
// must be there, for requests that name none go to it. Without Redis nothing can come in, unless it falls back.
bool EngineService::ready() const {
  const bool away = front_ && !front_->view().connected;
  const auto is_ready = [away](const ServedModel& model) {
    return !model.loaded || (model.loaded->engine->status().ready && (!away || model.loaded->falls_back));
  };
  return find("") != nullptr && std::all_of(models_.begin(), models_.end(), is_ready);
}

Result<std::vector<TokenView>> EngineService::tokenize(std::string_view model, const Text& text) const {
  const LoadedModel* found = find(model);
  if (found == nullptr) return fail(ErrorCode::not_found, "there is no model of this name", "/model");
  std::vector<TokenView> views;
  for (const Token& token : found->family->tokenizer().encode(text))
    views.push_back({token.id, token.begin, token.end});
  return views;
}

void EngineService::read_gauges(const LoadedModel& model) {
  const MetricLabels labels{{"model", model.name}};
  QueueStats queue = entrance(model).stats();
  if (front_) queue.in_flight = model.queue->stats().in_flight;
  show_queue(metrics_, model.name, queue);
  const EngineStatus engine = model.engine->status();
  metrics_.gauge("uie_pending_queries", "encoder queries waiting for a batch", labels)
      .set(static_cast<double>(engine.pending_queries));
}

// Gauges that only the queue and the engine know are read when somebody asks, so that they are always live.
std::string EngineService::metrics_text() {
  for (const ServedModel& model : models_) {
    const bool ready = model.loaded && model.loaded->engine->status().ready;
    metrics_
        .gauge("uie_model_ready", "1 when a device is healthy; 0 also for a model that could not be loaded",
               {{"model", model.name}})
        .set(ready ? 1 : 0);
    if (model.loaded) read_gauges(*model.loaded);
  }
  if (front_) show_fleet(metrics_, front_->view());
  show_process(metrics_);
  return metrics_.text();
}

}  // namespace uie::cli
