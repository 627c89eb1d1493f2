// What every queue counts.
#pragma once

#include <string>

#include "base/metric_names.h"
#include "uie/base/metrics.h"

namespace uie {

inline Counter& queue_counter(Metrics& metrics, const MetricName& name, const char* reason = nullptr) {
  return metrics.counter(name.name, name.help, reason ? MetricLabels{{"reason", reason}} : MetricLabels{});
}

// What a job is told that would wait longer than its deadline allows.
inline std::string too_late(size_t in_front) {
  return std::to_string(in_front) +
         " jobs are before this one, more than can be done before its deadline; try again later";
}

struct QueueCounters {
  explicit QueueCounters(Metrics& metrics)
      : accepted(queue_counter(metrics, metric_names::jobs_accepted)),
        refused_jobs(queue_counter(metrics, metric_names::jobs_refused, "jobs")),
        refused_chars(queue_counter(metrics, metric_names::jobs_refused, "chars")),
        refused_late(queue_counter(metrics, metric_names::jobs_refused, "late")),
        refused_closed(queue_counter(metrics, metric_names::jobs_refused, "closed")),
        refused_expired(queue_counter(metrics, metric_names::jobs_refused, "expired")),
        dropped_cancelled(queue_counter(metrics, metric_names::jobs_dropped, "cancelled")),
        dropped_expired(queue_counter(metrics, metric_names::jobs_dropped, "expired")) {}

  Counter &accepted, &refused_jobs, &refused_chars, &refused_late, &refused_closed, &refused_expired,
      &dropped_cancelled, &dropped_expired;
};

}  // namespace uie
