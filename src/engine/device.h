// One device: its thread, its encoder, its health.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/batcher.h"
#include "uie/base/latest.h"
#include "uie/model/encoder.h"

namespace uie::engine {

class Device {
 public:
  // healthy: counts the devices that take batches. All references outlive the device.
  Device(Engine::EncoderFactory make, Batcher& batcher, Stages& stages, std::atomic<int>& healthy,
         const EngineOptions& options, Metrics& metrics)
      : make_(std::move(make)),
        batcher_(batcher),
        stages_(stages),
        healthy_devices_(healthy),
        options_(options),
        metrics_(metrics) {}
  ~Device() { stop(); }

  void start();

  // Waits until the encoder is loaded. Errors: the encoder's.
  Result<void> loaded();

  // Ends after the batch in hand. Close the batcher first.
  void stop();

  DeviceStatus status() const { return published_.get(); }  // thread safe

 private:
  void run() noexcept;
  Result<void> load();
  void serve();
  bool turn();

  void encode(std::span<PendingQuery> part);
  Result<std::vector<QueryResult>> call(std::span<const Query* const> queries);
  void succeed(std::span<PendingQuery> part, std::vector<QueryResult> results, double seconds);
  void divide(std::span<PendingQuery> part, const Error& error);
  void suspect(PendingQuery& query, const Error& error);

  bool probe();
  void fail_health(const std::string& error);
  bool recover();
  bool wait_for_quit(std::chrono::milliseconds pause);
  void count_lower_half();
  void remember(const Query& query);
  void shrink_budget(const Load& load);
  void grow_budget();
  void set_health(DeviceHealth health);
  void publish();

  // Constant after construction.
  const Engine::EncoderFactory make_;
  Batcher& batcher_;
  Stages& stages_;
  std::atomic<int>& healthy_devices_;
  const EngineOptions options_;
  Metrics& metrics_;

  // Of the device's thread.
  std::unique_ptr<Encoder> encoder_;
  std::optional<DeviceMeters> meters_;
  DeviceStatus status_;
  Budget full_budget_{};
  std::optional<Query> known_good_;  // the shape of a query that has run here, without its text
  bool counted_ = false;             // in healthy_devices_
  int suspicions_ = 0;               // single queries that failed since the last success
  int good_batches_ = 0;             // since the budget changed

  // With their own synchronisation.
  Latest<DeviceStatus> published_;
  Channel<Result<void>> loaded_{1};
  Channel<bool> quit_{1};
  std::thread thread_;
};

}  // namespace uie::engine
