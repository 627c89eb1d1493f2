#include "cli/fleet_service.h"

#include <algorithm>

#include "cli/queue_gauges.h"

namespace uie::cli {
namespace {

ModelView model_view(const FleetModel& model, bool connected) {
  ModelView view;
  view.name = model.card.model;
  view.family = model.card.family;
  view.path_name = model.card.path_name;
  view.languages = {"zh"};
  view.dtype = model.card.dtype;
  view.device = model.card.device;
  view.parameters = model.card.parameters;
  view.memory_bytes = model.card.memory_bytes;
  view.max_length = model.card.max_length;
  view.ready = connected && model.live_workers > 0;
  if (!view.ready) view.reason = connected ? "no worker is alive" : "the job queue cannot be reached";
  return view;
}

}  // namespace

std::vector<ModelView> FleetService::models() const {
  const FleetView fleet = front_.view();
  std::vector<ModelView> views;
  for (const FleetModel& model : fleet.models) views.push_back(model_view(model, fleet.connected));
  const auto first = std::find_if(views.begin(), views.end(), [&](const ModelView& view) {
    return default_.empty() ? view.ready : view.name == default_;
  });
  if (first != views.end()) std::rotate(views.begin(), first, first + 1);
  return views;
}

// Before any worker was ever seen, the queue of no model says why: no Redis, or no worker.
JobQueue* FleetService::queue(std::string_view model) {
  const auto known = models();
  if (known.empty()) return &front_.queue("");
  for (const ModelView& view : known) {
    if (model.empty() || view.name == model) return &front_.queue(view.name);
  }
  return nullptr;
}

bool FleetService::ready() const {
  const auto known = models();
  return !known.empty() && known.front().ready && (default_.empty() || known.front().name == default_);
}

Result<std::vector<TokenView>> FleetService::tokenize(std::string_view, const Text&) const {
  return fail(ErrorCode::unsupported,
              "this front end has no model to count tokens with; send the request to the HTTP port of a worker, or use "
              "`uie tokenize --model DIR`");
}

std::string FleetService::metrics_text() {
  const FleetView fleet = front_.view();
  for (const FleetModel& model : fleet.models) {
    metrics_.gauge("uie_model_ready", "1 when a live worker has it", {{"model", model.card.model}})
        .set(fleet.connected && model.live_workers > 0 ? 1 : 0);
    show_queue(metrics_, model.card.model, front_.queue(model.card.model).stats());
  }
  show_fleet(metrics_, fleet);
  show_process(metrics_);
  return metrics_.text();
}

}  // namespace uie::cli
