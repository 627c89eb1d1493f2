#include "cli/queue_gauges.h"

#include "cli/progress.h"

namespace uie::cli {

void show_queue(Metrics& metrics, const std::string& model, const QueueStats& queue) {
  const MetricLabels labels{{"model", model}};
  metrics.gauge("uie_queue_depth", "jobs waiting", labels).set(static_cast<double>(queue.depth));
  metrics.gauge("uie_queue_capacity", "jobs that may wait", labels).set(static_cast<double>(queue.capacity));
  metrics.gauge("uie_queue_in_flight", "jobs taken and not finished", labels).set(static_cast<double>(queue.in_flight));
  metrics.gauge("uie_queue_oldest_age_seconds", "age of the oldest waiting job", labels).set(queue.oldest_age_s);
}

void show_fleet(Metrics& metrics, const FleetView& view) {
  metrics.gauge("uie_redis_connected", "1 when this front end reaches Redis").set(view.connected ? 1 : 0);
  for (const FleetModel& model : view.models) {
    const MetricLabels labels{{"model", model.card.model}};
    metrics.gauge("uie_live_workers", "workers whose heartbeat is fresh", labels)
        .set(static_cast<double>(model.live_workers));
    metrics.gauge("uie_dead_letters", "jobs that were given up and wait for `uie jobs`", labels)
        .set(static_cast<double>(model.dead_letters));
  }
}

void show_process(Metrics& metrics) {
  metrics.gauge("uie_process_resident_peak_bytes", "peak resident memory", {})
      .set(static_cast<double>(peak_memory_bytes()));
}

}  // namespace uie::cli
