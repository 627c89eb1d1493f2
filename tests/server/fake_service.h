// A Service over the real in-process queue and a thread that answers its jobs at once, when told, or never.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "uie/server/service.h"

namespace uie::testing_support {

class FakeService final : public Service {
 public:
  using Engine = std::function<JobResult(const Job&)>;

  explicit FakeService(Engine engine = echo, const QueueOptions& options = {});
  ~FakeService() override;

  // Finds the first two characters of the text as the schema's first label.
  static JobResult echo(const Job& job);

  // While held, jobs stay in the queue: true once it returns.
  void hold();
  void release() { held_ = false; }
  void set_ready(bool ready) { ready_ = ready; }
  // Before requests come.
  void set_family(std::string family) { family_ = std::move(family); }
  void add_missing_model(std::string name, std::string reason) { missing_.emplace_back(name, reason); }

  std::vector<ModelView> models() const override;
  std::vector<DeviceView> devices() const override;
  JobQueue* queue(std::string_view model) override;
  BatchStore& batches() override { return *batches_; }
  bool ready() const override { return ready_; }
  // A token a character; its id is the code point.
  Result<std::vector<TokenView>> tokenize(std::string_view model, const Text& text) const override;
  std::vector<std::pair<std::string, std::string>> settings() const override { return {{"port", "0"}}; }
  std::string metrics_text() override { return "uie_test 1\n"; }

 private:
  void run();

  const Engine engine_;
  std::string family_ = "rex";
  std::vector<std::pair<std::string, std::string>> missing_;  // name and reason of models that are not loaded
  const std::unique_ptr<JobQueue> queue_;
  const std::unique_ptr<BatchStore> batches_ = make_memory_batch_store({.max_batches = 3});
  std::atomic<bool> held_{false}, parked_{false}, ready_{true}, stopping_{false};
  std::thread thread_;
};

}  // namespace uie::testing_support
