#include "server/http_metrics.h"

#include <algorithm>

#include "base/metric_names.h"

namespace uie {
namespace {

namespace names = metric_names;

Counter& counter(Metrics& metrics, const MetricName& what, const MetricLabels& labels = {}) {
  return metrics.counter(what.name, what.help, labels);
}

Gauge& gauge(Metrics& metrics, const MetricName& what) { return metrics.gauge(what.name, what.help); }

}  // namespace

RouteMetrics::RouteMetrics(Metrics& metrics, std::string route)
    : metrics_(metrics),
      route_(std::move(route)),
      seconds_(metrics.histogram(names::http_request_seconds.name, names::http_request_seconds.help,
                                 metric_bounds::seconds, {{"route", route_}})) {}

void RouteMetrics::answered(int status, double seconds) {
  seconds_.observe(seconds);
  auto& slot = by_status_[static_cast<size_t>(std::clamp(status, first_status, last_status) - first_status)];
  Counter* found = slot.load(std::memory_order_acquire);
  if (!found) {
    found = &counter(metrics_, names::http_requests, {{"route", route_}, {"status", std::to_string(status)}});
    slot.store(found, std::memory_order_release);
  }
  found->add();
}

HttpMetrics::HttpMetrics(Metrics& metrics)
    : registry(metrics),
      connections(gauge(metrics, names::http_connections)),
      requests_waiting(gauge(metrics, names::http_waiting)),
      requests_in_flight(gauge(metrics, names::http_in_flight)),
      buffered_bytes(gauge(metrics, names::http_buffered_bytes)),
      idle_closed(counter(metrics, names::http_idle_closed)),
      client_gone(counter(metrics, names::http_client_gone)) {}

void HttpMetrics::refused(std::string_view reason) {
  counter(registry, names::http_refused, {{"reason", std::string(reason)}}).add();
}

}  // namespace uie
