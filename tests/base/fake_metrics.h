// A Metrics that remembers: what tests plug in. Keys are `name` or `name{label=value,…}`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "uie/base/metrics.h"
#include "uie/base/mutex.h"

namespace uie::testing_support {

class FakeMetrics final : public Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view, const MetricLabels& labels) override {
    return series(name, labels);
  }
  Gauge& gauge(std::string_view name, std::string_view, const MetricLabels& labels) override {
    return series(name, labels);
  }
  Histogram& histogram(std::string_view name, std::string_view, const std::vector<double>&,
                       const MetricLabels& labels) override {
    return series(name, labels);
  }

  // A counter's or gauge's value; 0 when nobody made it.
  double value(const std::string& key) const {
    MutexLock lock(mutex_);
    const auto found = series_.find(key);
    return found == series_.end() ? 0 : found->second->value();
  }

  // A histogram's observations, in order.
  std::vector<double> observed(const std::string& key) const {
    MutexLock lock(mutex_);
    const auto found = series_.find(key);
    return found == series_.end() ? std::vector<double>{} : found->second->observed();
  }

  std::vector<std::string> keys() const {
    MutexLock lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, series] : series_) keys.push_back(key);
    return keys;
  }

 private:
  class CounterAndHistogram : public Counter, public Histogram {};
  class Series final : public CounterAndHistogram, public Gauge {
   public:
    void add(double amount) override {
      MutexLock lock(mutex_);
      value_ += amount;
    }
    void set(double value) override {
      MutexLock lock(mutex_);
      value_ = value;
    }
    void observe(double value) override {
      MutexLock lock(mutex_);
      observed_.push_back(value);
    }
    double value() const {
      MutexLock lock(mutex_);
      return value_;
    }
    std::vector<double> observed() const {
      MutexLock lock(mutex_);
      return observed_;
    }

   private:
    mutable Mutex mutex_;
    double value_ UIE_GUARDED_BY(mutex_) = 0;
    std::vector<double> observed_ UIE_GUARDED_BY(mutex_);
  };

  Series& series(std::string_view name, const MetricLabels& labels) {
    std::string key(name);
    for (size_t i = 0; i < labels.size(); ++i) {
      key += (i == 0 ? "{" : ",") + labels[i].first + "=" + labels[i].second;
    }
    if (!labels.empty()) key += "}";
    MutexLock lock(mutex_);
    auto& made = series_[key];
    if (!made) made = std::make_unique<Series>();
    return *made;
  }

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Series>> series_ UIE_GUARDED_BY(mutex_);
};

}  // namespace uie::testing_support
