#include "uie/base/deadline.h"

#include <gtest/gtest.h>

namespace uie {
namespace {

using std::chrono::milliseconds;

TEST(Deadline, NeverIsLaterThanAnyOther) {
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_FALSE(Deadline::never().expired());
  EXPECT_LT(Deadline::after(std::chrono::hours(24 * 365)), Deadline::never());
  EXPECT_GT(Deadline::never().left(), std::chrono::hours(24 * 365 * 100));
}

TEST(Deadline, PassesWhenItsTimeHasCome) {
  EXPECT_TRUE(Deadline::after(milliseconds(0)).expired());
  EXPECT_TRUE(Deadline::after(milliseconds(-5)).expired());
  EXPECT_EQ(Deadline::after(milliseconds(-5)).left().count(), 0);
  const Deadline later = Deadline::after(milliseconds(60'000));
  EXPECT_FALSE(later.expired());
  EXPECT_LE(later.left(), milliseconds(60'000));
  EXPECT_GT(later.left(), milliseconds(50'000));
}

// What a client may send as deadline_ms: the clock's arithmetic must not overflow.
TEST(Deadline, TooFarForTheClockIsNever) {
  EXPECT_TRUE(Deadline::after(milliseconds::max()).is_never());
  EXPECT_TRUE(Deadline::after(Deadline::never().left()).is_never());
  EXPECT_TRUE(Deadline::after(milliseconds::min()).expired());
}

}  // namespace
}  // namespace uie
