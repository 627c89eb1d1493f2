// The metrics seam on prometheus-cpp's registry.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <prometheus/registry.h>

#include "uie/base/metrics.h"

namespace uie::cli {

class PrometheusMetrics final : public Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels) override;
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels) override;
  Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                       const MetricLabels& labels) override;

  // The exposition text, version 0.0.4.
  std::string text() const;

 private:
  // One map a kind, keyed by name and labels: asking twice gives the same object.
  template <class Wrapped>
  using Table = std::map<std::string, std::unique_ptr<Wrapped>>;

  prometheus::Registry registry_;
  std::mutex mutex_;
  Table<Counter> counters_;      // guarded by mutex_
  Table<Gauge> gauges_;          // guarded by mutex_
  Table<Histogram> histograms_;  // guarded by mutex_
};

}  // namespace uie::cli
