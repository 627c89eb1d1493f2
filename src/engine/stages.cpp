#include "engine/stages.h"

#include "base/metric_names.h"

namespace uie::engine {
namespace {

Histogram& stage(Metrics& metrics, const char* name) {
  const auto& [metric, help] = metric_names::stage_seconds;
  return metrics.histogram(metric, help, metric_bounds::seconds, {{"stage", name}});
}

Histogram& histogram(Metrics& metrics, const MetricName& name, const std::vector<double>& bounds) {
  return metrics.histogram(name.name, name.help, bounds);
}

Counter& counter(Metrics& metrics, const MetricName& name, const MetricLabels& labels = {}) {
  return metrics.counter(name.name, name.help, labels);
}

Counter& finished_as(Metrics& metrics, std::string_view outcome) {
  return counter(metrics, metric_names::jobs_finished, {{"outcome", std::string(outcome)}});
}

}  // namespace

Stages::Stages(Metrics& metrics)
    : queue(stage(metrics, "queue")),
      plan(stage(metrics, "plan")),
      batch_wait(stage(metrics, "batch_wait")),
      device(stage(metrics, "device")),
      decode(stage(metrics, "decode")),
      total(stage(metrics, "total")),
      batch_tokens(histogram(metrics, metric_names::batch_tokens, metric_bounds::tokens)),
      batch_queries(histogram(metrics, metric_names::batch_queries, metric_bounds::queries)),
      batch_fill(histogram(metrics, metric_names::batch_fill, metric_bounds::ratio)),
      dropped_cancelled(counter(metrics, metric_names::queries_dropped, {{"reason", "cancelled"}})),
      dropped_expired(counter(metrics, metric_names::queries_dropped, {{"reason", "expired"}})),
      encoded_tokens(counter(metrics, metric_names::encoded_tokens)),
      in_flight_(metrics.gauge(metric_names::in_flight.name, metric_names::in_flight.help)),
      ok_(finished_as(metrics, "ok")) {
  for (size_t code = 0; code < failed_.size(); ++code) {
    failed_[code] = &finished_as(metrics, to_string(static_cast<ErrorCode>(code)));
  }
}

Counter& Stages::finished(const JobResult& result) {
  return result ? ok_ : *failed_[static_cast<size_t>(result.error().code)];
}

DeviceMeters::DeviceMeters(Metrics& metrics, const std::string& device)
    : healthy(
          metrics.gauge(metric_names::device_healthy.name, metric_names::device_healthy.help, {{"device", device}})),
      budget_tokens(metrics.gauge(metric_names::device_budget_tokens.name, metric_names::device_budget_tokens.help,
                                  {{"device", device}})),
      metrics_(metrics),
      device_(device) {}

Counter& DeviceMeters::failure(ErrorCode code) {
  return counter(metrics_, metric_names::device_failures,
                 {{"device", device_}, {"code", std::string(to_string(code))}});
}

void DeviceMeters::add_lower_half(const LowerHalfCounts& before, const LowerHalfCounts& now) {
  const auto add = [&](const MetricName& name, const char* half, uint64_t from, uint64_t to) {
    if (to > from) counter(metrics_, name, {{"device", device_}, {"half", half}}).add(static_cast<double>(to - from));
  };
  add(metric_names::lower_half_passes, "text", before.text_passes, now.text_passes);
  add(metric_names::lower_half_passes, "prompt", before.hint_passes, now.hint_passes);
  add(metric_names::lower_half_reuses, "text", before.text_reuses, now.text_reuses);
  add(metric_names::lower_half_reuses, "prompt", before.hint_reuses, now.hint_reuses);
}

}  // namespace uie::engine
