#include "uie/base/metrics.h"

namespace uie {
namespace {

class NoMetrics final : public Metrics, Counter, Gauge, Histogram {
 public:
  Counter& counter(std::string_view, std::string_view, const MetricLabels&) override { return *this; }
  Gauge& gauge(std::string_view, std::string_view, const MetricLabels&) override { return *this; }
  Histogram& histogram(std::string_view, std::string_view, const std::vector<double>&, const MetricLabels&) override {
    return *this;
  }

 private:
  void set(double) override {}
  void add(double) override {}  // of Counter and of Gauge
  void observe(double) override {}
};

}  // namespace

Metrics& no_metrics() {
  static NoMetrics metrics;
  return metrics;
}

}  // namespace uie
