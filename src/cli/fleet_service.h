// What a front end without models shows: the Service interface over what live workers announce.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/prometheus_metrics.h"
#include "uie/queue/redis.h"
#include "uie/server/service.h"

namespace uie::cli {

// Thread safe. `front`, `batches` and `metrics` must outlive it.
class FleetService final : public Service {
 public:
  // default_model: whom requests without a model go to; empty: the first, by name, that has a live worker.
  FleetService(RedisFront& front, BatchStore& batches, std::string default_model, PrometheusMetrics& metrics,
               std::vector<std::pair<std::string, std::string>> settings)
      : front_(front),
        batches_(batches),
        default_(std::move(default_model)),
        metrics_(metrics),
        settings_(std::move(settings)) {}

  std::vector<ModelView> models() const override;
  std::vector<DeviceView> devices() const override { return {}; }
  JobQueue* queue(std::string_view model) override;
  BatchStore& batches() override { return batches_; }
  bool ready() const override;
  Result<std::vector<TokenView>> tokenize(std::string_view model, const Text& text) const override;
  std::vector<std::pair<std::string, std::string>> settings() const override { return settings_; }
  std::string metrics_text() override;

 private:
  RedisFront& front_;
  BatchStore& batches_;
  const std::string default_;
  PrometheusMetrics& metrics_;
  const std::vector<std::pair<std::string, std::string>> settings_;
};

}  // namespace uie::cli
