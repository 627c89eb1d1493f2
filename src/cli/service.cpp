#include "cli/service.h"

#include "cli/progress.h"

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

DeviceView device_view(const DeviceStatus& device) {
  DeviceView view;
  view.name = device.info.device_name;
  view.device = device.info.device;
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

ModelView model_view(const LoadedModel& model) {
  const EngineStatus status = model.engine->status();
  ModelView view;
  view.name = model.name;
  view.family = model.family->name();
  view.path_name = model.dir.filename().string();
  view.languages = {"zh"};
  view.max_length = model.family->max_length();
  view.ready = status.ready;
  for (const DeviceStatus& device : status.devices) {
    view.dtype = device.info.dtype;
    view.device = device.info.device;
    view.parameters = device.info.parameters;
    view.memory_bytes += device.info.weight_bytes;
  }
  return view;
}

}  // namespace

LoadedModel* EngineService::find(std::string_view name) const {
  for (LoadedModel& model : models_) {
    if (name.empty() || model.name == name) return &model;
  }
  return nullptr;
}

std::vector<ModelView> EngineService::models() const {
  std::vector<ModelView> views;
  for (const LoadedModel& model : models_) views.push_back(model_view(model));
  return views;
}

std::vector<DeviceView> EngineService::devices() const {
  std::vector<DeviceView> views;
  for (const LoadedModel& model : models_) {
    for (const DeviceStatus& device : model.engine->status().devices) views.push_back(device_view(device));
  }
  return views;
}

JobQueue* EngineService::queue(std::string_view model) {
  LoadedModel* found = find(model);
  return found != nullptr ? found->queue.get() : nullptr;
}

bool EngineService::ready() const {
  for (const LoadedModel& model : models_) {
    if (!model.engine->status().ready) return false;
  }
  return !models_.empty();
}

Result<std::vector<TokenView>> EngineService::tokenize(std::string_view model, const Text& text) const {
  const LoadedModel* found = find(model);
  if (found == nullptr) return fail(ErrorCode::not_found, "there is no model of this name", "/model");
  std::vector<TokenView> views;
  for (const Token& token : found->family->tokenizer().encode(text))
    views.push_back({token.id, token.begin, token.end});
  return views;
}

// Gauges that only the queue and the engine know are read when somebody asks, so that they are always live.
std::string EngineService::metrics_text() {
  for (const LoadedModel& model : models_) {
    const MetricLabels labels{{"model", model.name}};
    const QueueStats queue = model.queue->stats();
    metrics_.gauge("uie_queue_depth", "jobs waiting", labels).set(static_cast<double>(queue.depth));
    metrics_.gauge("uie_queue_capacity", "jobs that may wait", labels).set(static_cast<double>(queue.capacity));
    metrics_.gauge("uie_queue_in_flight", "jobs taken and not finished", labels)
        .set(static_cast<double>(queue.in_flight));
    metrics_.gauge("uie_queue_oldest_age_seconds", "age of the oldest waiting job", labels).set(queue.oldest_age_s);
    const EngineStatus engine = model.engine->status();
    metrics_.gauge("uie_model_ready", "1 when a device is healthy", labels).set(engine.ready ? 1 : 0);
    metrics_.gauge("uie_pending_queries", "encoder queries waiting for a batch", labels)
        .set(static_cast<double>(engine.pending_queries));
  }
  metrics_.gauge("uie_process_resident_peak_bytes", "peak resident memory", {})
      .set(static_cast<double>(peak_memory_bytes()));
  return metrics_.text();
}

}  // namespace uie::cli
