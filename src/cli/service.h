// What the server shows of the loaded models: the Service interface over their engines and queues.
#pragma once

#include <string>
#include <vector>

#include "cli/model_set.h"
#include "cli/prometheus_metrics.h"
#include "uie/server/service.h"

namespace uie::cli {

// The models must outlive it; they do not change while it lives. Thread safe.
class EngineService final : public Service {
 public:
  // front: through which jobs are submitted; null: to the models' own queues.
  EngineService(std::vector<ServedModel>& models, BatchStore& batches, RedisFront* front, PrometheusMetrics& metrics,
                std::vector<std::pair<std::string, std::string>> settings)
      : models_(models), batches_(batches), front_(front), metrics_(metrics), settings_(std::move(settings)) {}

  std::vector<ModelView> models() const override;
  std::vector<DeviceView> devices() const override;
  JobQueue* queue(std::string_view model) override;
  BatchStore& batches() override { return batches_; }
  bool ready() const override;
  Result<std::vector<TokenView>> tokenize(std::string_view model, const Text& text) const override;
  std::vector<std::pair<std::string, std::string>> settings() const override { return settings_; }
  std::string metrics_text() override;

 private:
  LoadedModel* find(std::string_view name) const;  // null: none of this name, or not loaded
  JobQueue& entrance(const LoadedModel& model) const;
  void read_gauges(const LoadedModel& model);

  std::vector<ServedModel>& models_;
  BatchStore& batches_;
  RedisFront* const front_;
  PrometheusMetrics& metrics_;
  const std::vector<std::pair<std::string, std::string>> settings_;
};

}  // namespace uie::cli
