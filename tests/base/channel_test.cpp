#include "uie/base/channel.h"

#include <algorithm>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace uie {
namespace {

using std::chrono::milliseconds;

TEST(Channel, KeepsOrderAcrossTheRingsEdge) {
  Channel<int> channel(3);
  int next_in = 0, next_out = 0;
  for (int round = 0; round < 10; ++round) {
    while (channel.try_push(int(next_in))) ++next_in;
    EXPECT_EQ(channel.size(), 3u);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(channel.pop(), next_out++);
  }
}

TEST(Channel, TryPushLeavesARefusedValueAlone) {
  Channel<std::unique_ptr<int>> channel(1);
  EXPECT_TRUE(channel.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(channel.try_push(std::move(second)));
  ASSERT_TRUE(second);
  channel.close();
  EXPECT_FALSE(channel.try_push(std::move(second)));
  ASSERT_TRUE(second);
}

TEST(Channel, ClosedDrainsThenGivesNothing) {
  Channel<int> channel(2);
  channel.push(7);
  channel.close();
  EXPECT_FALSE(channel.push(8));
  EXPECT_EQ(channel.pop(), 7);
  EXPECT_EQ(channel.pop(), std::nullopt);
}

TEST(Channel, PopHoldsToItsDeadline) {
  Channel<int> channel(1);
  const auto start = Deadline::Clock::now();
  EXPECT_EQ(channel.pop(Deadline::after(milliseconds(20))), std::nullopt);
  EXPECT_GE(Deadline::Clock::now() - start, milliseconds(19));
  channel.push(1);
  EXPECT_EQ(channel.pop(Deadline::after(milliseconds(0))), 1) << "what is there is given whatever the deadline";
}

TEST(Channel, CloseWakesBothSides) {
  Channel<int> full(1), empty(1);
  full.push(0);
  std::thread pusher([&] { EXPECT_FALSE(full.push(1)); });
  std::thread popper([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
  std::this_thread::sleep_for(milliseconds(10));
  full.close();
  empty.close();
  pusher.join();
  popper.join();
}

TEST(Channel, ManyThreadsLoseAndRepeatNothing) {
  constexpr int kThreads = 4, kEach = 5'000;
  Channel<int> channel(8);
  std::vector<std::vector<int>> got(kThreads);
  std::vector<std::thread> readers, writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) channel.push(t * kEach + i);
    });
    readers.emplace_back([&, t] {
      while (auto value = channel.pop()) got[t].push_back(*value);
    });
  }
  for (auto& thread : writers) thread.join();
  channel.close();
  for (auto& thread : readers) thread.join();
  std::vector<int> all;
  for (const auto& part : got) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), size_t(kThreads) * kEach);
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<int>(i));
}

}  // namespace
}  // namespace uie
