// The metrics seam. Rooms move counters, gauges and histograms by these interfaces; cli/ plugs in
// prometheus-cpp's registry, tests plug in a fake. Names start with `uie_` and are listed in src/base/metric_names.h.
// All calls are thread safe and cheap.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace uie {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Makes or finds a metric. References stay valid as long as the Metrics object.
// Asking twice for the same name and labels gives the same object.
class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {}) = 0;
  virtual Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {}) = 0;
  // bounds: upper bucket bounds, ascending, in the unit of the name (seconds, tokens, ...).
  virtual Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                               const MetricLabels& labels = {}) = 0;
};

// A Metrics that counts nothing: the default where none is given. Never null, lives for the whole program.
Metrics& no_metrics();

}  // namespace uie
