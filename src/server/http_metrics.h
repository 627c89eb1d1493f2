// What the front end counts of itself.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>

#include "uie/base/metrics.h"

namespace uie {

// The counters of one route, found once and moved without a look-up.
class RouteMetrics {
 public:
  RouteMetrics(Metrics& metrics, std::string route);

  void answered(int status, double seconds);

 private:
  static constexpr int first_status = 100, last_status = 599;

  Metrics& metrics_;
  const std::string route_;
  Histogram& seconds_;
  std::array<std::atomic<Counter*>, last_status - first_status + 1> by_status_{};
};

class HttpMetrics {
 public:
  explicit HttpMetrics(Metrics& metrics);

  // reason: "connections", "connections_per_address", "memory", "protocol", "timeout", "too_large"
  void refused(std::string_view reason);

  Metrics& registry;
  Gauge& connections;       // open
  Gauge& requests_waiting;  // complete, no thread yet
  Gauge& requests_in_flight;
  Gauge& buffered_bytes;
  Counter& idle_closed;  // to make room or after the idle timeout
  Counter& client_gone;  // requests whose client left before the answer
};

}  // namespace uie
