// Every metric that a room moves, once: its name, what it says, its buckets. Names start with uie_ and end with the
// unit (Prometheus' custom); counters end with _total. Gauges that a scrape reads off (queue depth, …) are in cli/.
#pragma once

#include <vector>

namespace uie {

struct MetricName {
  const char* name;
  const char* help;
};

namespace metric_names {

// queue/
inline constexpr MetricName jobs_accepted{"uie_jobs_accepted_total", "jobs that the queue took in"};
inline constexpr MetricName jobs_refused{"uie_jobs_refused_total", "jobs refused at the door, by reason"};
inline constexpr MetricName jobs_dropped{"uie_jobs_dropped_total",
                                         "jobs that left the queue without being worked on, by reason"};
inline constexpr MetricName jobs_redelivered{"uie_jobs_redelivered_total",
                                             "jobs taken over from a worker that fell silent (Redis)"};
inline constexpr MetricName jobs_dead{"uie_jobs_dead_total", "jobs given up, now dead letters (Redis)"};
inline constexpr MetricName redis_reconnects{"uie_redis_reconnects_total", "connections to Redis made anew"};
inline constexpr MetricName redis_fallback{"uie_redis_fallback_active",
                                           "1 while this process answers from its own workers, past Redis"};
inline constexpr MetricName redis_fallback_jobs{"uie_redis_fallback_jobs_total",
                                                "jobs taken in past Redis, because it was away"};
inline constexpr MetricName jobs_finished{"uie_jobs_finished_total", "jobs answered by the engine, by outcome"};

// engine/
inline constexpr MetricName stage_seconds{"uie_stage_seconds",
                                          "time that a text (or a query, a batch) spent in a stage"};
inline constexpr MetricName batch_tokens{"uie_batch_tokens", "tokens of a batch"};
inline constexpr MetricName batch_queries{"uie_batch_queries", "encoder queries of a batch"};
inline constexpr MetricName batch_fill{"uie_batch_fill_ratio", "tokens of a batch over the device's budget"};
inline constexpr MetricName queries_dropped{"uie_queries_dropped_total",
                                            "encoder queries dropped before they cost compute, by reason"};
inline constexpr MetricName encoded_tokens{"uie_encoded_tokens_total", "tokens that went through an encoder"};
inline constexpr MetricName lower_half_passes{
    "uie_lower_half_passes_total", "lower halves that a Siamese model computed: windows of text, and prompts"};
inline constexpr MetricName lower_half_reuses{"uie_lower_half_reuses_total",
                                              "lower halves that it had computed before, or for the same batch"};
inline constexpr MetricName device_failures{"uie_device_failures_total",
                                            "encoder runs that failed, by device and code"};
inline constexpr MetricName device_healthy{"uie_device_healthy", "1 when the device takes batches"};
inline constexpr MetricName device_budget_tokens{
    "uie_device_budget_tokens", "tokens of the device's largest batch now: falls when memory runs out"};
inline constexpr MetricName in_flight{"uie_extractions_in_flight", "texts being worked on"};

// server/
inline constexpr MetricName http_requests{"uie_http_requests_total", "requests answered, by route and status"};
inline constexpr MetricName http_request_seconds{"uie_http_request_seconds",
                                                 "time from a request's last byte to its answer, by route"};
inline constexpr MetricName http_refused{"uie_http_refused_total",
                                         "connections and requests refused before any route, by reason"};
inline constexpr MetricName http_connections{"uie_http_connections", "open connections"};
inline constexpr MetricName http_waiting{"uie_http_requests_waiting", "complete requests that no thread has taken yet"};
inline constexpr MetricName http_in_flight{"uie_http_requests_in_flight", "requests being answered"};
inline constexpr MetricName http_buffered_bytes{"uie_http_buffered_bytes", "request bytes held in memory"};
inline constexpr MetricName http_idle_closed{"uie_http_idle_closed_total",
                                             "idle connections closed, for their age or to make room"};
inline constexpr MetricName http_client_gone{"uie_http_client_gone_total",
                                             "requests whose client left before the answer"};

}  // namespace metric_names

namespace metric_bounds {

// 0.1 ms to 30 s: from the decode of a short text to a batch on a slow machine.
inline const std::vector<double> seconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30};
inline const std::vector<double> tokens{64, 128, 256, 512, 1'024, 2'048, 4'096, 8'192, 16'384, 32'768};
inline const std::vector<double> queries{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
inline const std::vector<double> ratio{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};

}  // namespace metric_bounds
}  // namespace uie
