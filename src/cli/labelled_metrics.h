// A Metrics whose every metric carries one more label: how two models' queues and engines, which know nothing of each
// other, stay apart in one registry.
#pragma once

#include <string>
#include <utility>

#include "uie/base/metrics.h"

namespace uie::cli {

class LabelledMetrics final : public Metrics {
 public:
  // `target` must outlive this and everything that uses it.
  LabelledMetrics(Metrics& target, std::string label, std::string value)
      : target_(target), label_(std::move(label), std::move(value)) {}

  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels) override {
    return target_.counter(name, help, with_label(labels));
  }
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels) override {
    return target_.gauge(name, help, with_label(labels));
  }
  Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                       const MetricLabels& labels) override {
    return target_.histogram(name, help, bounds, with_label(labels));
  }

 private:
  MetricLabels with_label(const MetricLabels& labels) const {
    MetricLabels all{label_};
    all.insert(all.end(), labels.begin(), labels.end());
    return all;
  }

  Metrics& target_;
  const std::pair<std::string, std::string> label_;
};

}  // namespace uie::cli
