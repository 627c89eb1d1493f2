#include "cli/shared_cpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace uie::cli {
namespace {

// Counts how many of its kind run at once.
class CountingEncoder final : public Encoder {
 public:
  CountingEncoder(std::atomic<int>& running, std::atomic<int>& most) : running_(running), most_(most) {}

  Result<std::vector<QueryResult>> run(std::span<const Query* const>) override {
    const int now = ++running_;
    most_ = std::max(most_.load(), now);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    --running_;
    return std::vector<QueryResult>{};
  }
  const EncoderInfo& info() const override { return info_; }
  LowerHalfCounts lower_half() const override { return {1, 2, 3, 4}; }

 private:
  std::atomic<int>&running_, &most_;
  EncoderInfo info_;
};

TEST(SharedCpu, EncodersRunOneAtATimeAndNoneStarves) {
  constexpr int kModels = 3;
  const auto turns = std::make_shared<Turns>();
  std::atomic<int> running = 0, most = 0;
  std::array<std::atomic<int>, kModels> batches{};
  std::atomic<bool> stop = false;
  std::vector<std::thread> devices;
  for (size_t model = 0; model < kModels; ++model) {
    devices.emplace_back([&, model] {
      const auto make = take_turns(
          [&]() -> Result<std::unique_ptr<Encoder>> { return std::make_unique<CountingEncoder>(running, most); },
          turns);
      const auto encoder = make();
      while (!stop) {
        ASSERT_TRUE((*encoder)->run({}));
        ++batches[model];
      }
    });
  }
  while (batches[0] + batches[1] + batches[2] < 300) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  stop = true;
  for (auto& device : devices) device.join();
  EXPECT_EQ(most, 1);
  // Each always has the next batch ready, so turns alternate once all have started.
  EXPECT_GT(std::min({batches[0].load(), batches[1].load(), batches[2].load()}), 50);
}

TEST(SharedCpu, CountsOfTheEncoderComeThrough) {
  std::atomic<int> running = 0, most = 0;
  const auto encoder =
      take_turns([&]() -> Result<std::unique_ptr<Encoder>> { return std::make_unique<CountingEncoder>(running, most); },
                 std::make_shared<Turns>())();
  const LowerHalfCounts counts = (*encoder)->lower_half();
  EXPECT_EQ(counts.text_passes, 1u);
  EXPECT_EQ(counts.text_reuses, 2u);
  EXPECT_EQ(counts.hint_passes, 3u);
  EXPECT_EQ(counts.hint_reuses, 4u);
}

TEST(SharedCpu, AnEncoderThatCannotBeMadeIsPassedOn) {
  const auto make = take_turns([]() -> Result<std::unique_ptr<Encoder>> { return fail(ErrorCode::unsupported, "no"); },
                               std::make_shared<Turns>());
  const auto encoder = make();
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().message, "no");
}

}  // namespace
}  // namespace uie::cli
