#include "cli/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

namespace uie::cli {
namespace {

struct PrometheusCounter final : Counter {
  explicit PrometheusCounter(prometheus::Counter& target_in) : target(target_in) {}
  void add(double amount) override { target.Increment(amount); }
  prometheus::Counter& target;
};

struct PrometheusGauge final : Gauge {
  explicit PrometheusGauge(prometheus::Gauge& target_in) : target(target_in) {}
  void set(double value) override { target.Set(value); }
  void add(double amount) override { amount >= 0 ? target.Increment(amount) : target.Decrement(-amount); }
  prometheus::Gauge& target;
};

struct PrometheusHistogram final : Histogram {
  explicit PrometheusHistogram(prometheus::Histogram& target_in) : target(target_in) {}
  void observe(double value) override { target.Observe(value); }
  prometheus::Histogram& target;
};

std::string key_of(std::string_view name, const MetricLabels& labels) {
  std::string key(name);
  for (const auto& [label, value] : labels) key += '\n' + label + '=' + value;
  return key;
}

std::map<std::string, std::string> label_map(const MetricLabels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

Counter& PrometheusMetrics::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  auto& slot = counters_[key_of(name, labels)];
  if (!slot) {
    auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(registry_);
    slot = std::make_unique<PrometheusCounter>(family.Add(label_map(labels)));
  }
  return *slot;
}

Gauge& PrometheusMetrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  auto& slot = gauges_[key_of(name, labels)];
  if (!slot) {
    auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(registry_);
    slot = std::make_unique<PrometheusGauge>(family.Add(label_map(labels)));
  }
  return *slot;
}

Histogram& PrometheusMetrics::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                        const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  auto& slot = histograms_[key_of(name, labels)];
  if (!slot) {
    auto& family = prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(registry_);
    slot = std::make_unique<PrometheusHistogram>(family.Add(label_map(labels), bounds));
  }
  return *slot;
}

std::string PrometheusMetrics::text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace uie::cli
