#include "server/http_metrics.h"

#include <algorithm>
#include <vector>

namespace uie {
namespace {

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                             0.5,   1,      2.5,   5,    10,    30,   60};
  return bounds;
}

}  // namespace

RouteMetrics::RouteMetrics(Metrics& metrics, std::string route)
    : metrics_(metrics),
      route_(std::move(route)),
      seconds_(metrics.histogram("uie_http_request_duration_seconds",
                                 "Time from a request's last byte to its answer, by route.", latency_bounds(),
                                 {{"route", route_}})) {}

void RouteMetrics::answered(int status, double seconds) {
  seconds_.observe(seconds);
  auto& slot = by_status_[static_cast<size_t>(std::clamp(status, first_status, last_status) - first_status)];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (!counter) {
    counter = &metrics_.counter("uie_http_requests_total", "Requests answered, by route and status.",
                                {{"route", route_}, {"status", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->add();
}

HttpMetrics::HttpMetrics(Metrics& metrics)
    : registry(metrics),
      connections(metrics.gauge("uie_http_connections", "Open connections.")),
      requests_waiting(metrics.gauge("uie_http_requests_waiting", "Complete requests that no thread has taken yet.")),
      requests_in_flight(metrics.gauge("uie_http_requests_in_flight", "Requests being answered.")),
      buffered_bytes(metrics.gauge("uie_http_buffered_bytes", "Request bytes held in memory.")),
      idle_closed(
          metrics.counter("uie_http_idle_closed_total", "Idle connections closed, for their age or to make room.")),
      client_gone(metrics.counter("uie_http_client_gone_total", "Requests whose client left before the answer.")) {}

void HttpMetrics::refused(std::string_view reason) {
  registry
      .counter("uie_http_refused_total", "Connections and requests refused before any handler, by reason.",
               {{"reason", std::string(reason)}})
      .add();
}

}  // namespace uie
