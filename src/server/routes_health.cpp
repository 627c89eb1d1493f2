// Health and metrics (spec/interface.md §2.2). All in the express lane: they answer while every worker waits.
#include <algorithm>

#include "server/site.h"

namespace uie {
namespace {

void live(Call& call) { answer_json(call, {{"live", true}}); }

// A full queue is neither dead nor unready; a server that starts, drains or has no device left is not ready.
void ready(Call& call, const Site& site) {
  if (site.service.ready() && !site.phase.draining) return answer_json(call, {{"ready", true}});
  answer_problem(call, to_problem({ErrorCode::unavailable,
                                   site.phase.draining ? "the server is shutting down" : "no model is ready", ""}));
}

std::string status(const std::vector<DeviceView>& devices, const std::vector<ModelView>& models, const Site& site) {
  const auto healthy = [](const DeviceView& device) { return device.health == "healthy"; };
  const auto model_ready = [](const ModelView& model) { return model.ready; };
  if (!site.service.ready()) return "unhealthy";
  const bool all =
      std::all_of(devices.begin(), devices.end(), healthy) && std::all_of(models.begin(), models.end(), model_ready);
  return all && !site.phase.draining ? "healthy" : "degraded";
}

Json device_json(const DeviceView& device) {
  return {{"device", device.device},
          {"name", device.name},
          {"model", device.model},
          {"health", device.health},
          {"dtype", device.dtype},
          {"profile", device.profile},
          {"batches", device.batches},
          {"queries", device.queries},
          {"tokens", device.tokens},
          {"failures", device.failures},
          {"utilization", device.utilization},
          {"memory_used", device.memory_used_mb},
          {"memory_total", device.memory_total_mb}};
}

Json queue_json(const QueueStats& stats) {
  return {{"depth", stats.depth},
          {"in_flight", stats.in_flight},
          {"capacity", stats.capacity},
          {"queued_chars", stats.queued_chars},
          {"oldest_age_s", stats.oldest_age_s}};
}

struct GpuSums {
  double utilization = 0, used_mb = 0, total_mb = 0;
};

// Utilisation: the mean over the cards. Zeros on a machine without any.
GpuSums gpu_sums(const std::vector<DeviceView>& devices) {
  GpuSums sums;
  int cards = 0;
  for (const DeviceView& device : devices) {
    if (!device.is_gpu) continue;
    ++cards;
    sums.utilization += device.utilization;
    sums.used_mb += device.memory_used_mb;
    sums.total_mb += device.memory_total_mb;
  }
  if (cards > 0) sums.utilization /= cards;
  return sums;
}

// The shape of the deployments that this server replaces; always 200 while the process serves.
void health(Call& call, const Site& site) {
  const auto devices = site.service.devices();
  const auto models = site.service.models();
  const GpuSums gpu = gpu_sums(devices);
  JobQueue* queue = site.service.queue("");
  Json json;
  json["status"] = status(devices, models, site);
  json["gpu_utilization"] = gpu.utilization;
  json["gpu_memory_used"] = gpu.used_mb;
  json["gpu_memory_total"] = gpu.total_mb;
  json["devices"] = Json::array();
  for (const DeviceView& device : devices) json["devices"].push_back(device_json(device));
  json["queue"] = queue_json(queue ? queue->stats() : QueueStats{});
  json["model"] = models.empty() ? Json(nullptr) : Json(models.front().name);
  json["profile"] = devices.empty() ? Json(nullptr) : Json(devices.front().profile);
  answer_json(call, json);
}

void metrics(Call& call, const Site& site) {
  answer_text(call, site.service.metrics_text(), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

void add_health_routes(Router& router, const Site& site) {
  const auto get = [&](const char* path, Handler handler) {
    router.add("GET", path, LaneKind::express, [handler = std::move(handler)](Call& call) {
      call.response.set_header("Cache-Control", "no-store");
      handler(call);
    });
  };
  for (const char* path : {"/livez", "/v2/health/live"}) get(path, live);
  for (const char* path : {"/readyz", "/v2/health/ready"}) get(path, [&site](Call& call) { ready(call, site); });
  get("/health", [&site](Call& call) { health(call, site); });
  get("/metrics", [&site](Call& call) { metrics(call, site); });
}

}  // namespace uie
