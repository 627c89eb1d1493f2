#include "queue/service_rate.h"

#include <gtest/gtest.h>

namespace uie {
namespace {

using std::chrono::milliseconds;
using Clock = ServiceRate::Clock;

TEST(ServiceRate, CountsOnlyWhileJobsWait) {
  ServiceRate rate;
  const Clock::time_point start = Clock::now();
  const auto at = [&](int ms) { return start + milliseconds(ms); };
  const auto in_ten_seconds = [&](int ms) { return Deadline::at(at(ms) + milliseconds(10'000)); };
  rate.observe(0, false, at(0));
  rate.observe(2, false, at(5'000));  // two came in five seconds: that says nothing
  EXPECT_EQ(rate.room(in_ten_seconds(5'000), at(5'000)), SIZE_MAX);
  rate.observe(2, true, at(5'000));
  rate.observe(12, true, at(6'000));
  EXPECT_EQ(rate.room(in_ten_seconds(6'000), at(6'000)), 50u) << "ten a second, half of what ten seconds allow";
  EXPECT_EQ(rate.room(Deadline::never(), at(6'000)), SIZE_MAX);
  EXPECT_EQ(rate.room(Deadline::at(at(6'001)), at(6'000)), 4u) << "never shut altogether";
  EXPECT_EQ(rate.room(in_ten_seconds(70'000), at(70'000)), SIZE_MAX) << "forgotten";
}

TEST(ServiceRate, FollowsSlowly) {
  ServiceRate rate;
  const Clock::time_point start = Clock::now();
  rate.observe(0, true, start);
  for (int second = 1; second <= 20; ++second) {
    rate.observe(static_cast<uint64_t>(100 * second), true, start + std::chrono::seconds(second));
  }
  const auto now = start + std::chrono::seconds(21);
  rate.observe(2'000, true, now);  // a second without an answer
  const size_t room = rate.room(Deadline::at(now + milliseconds(2'000)), now);
  EXPECT_NEAR(static_cast<double>(room), 70, 1);
}

}  // namespace
}  // namespace uie
