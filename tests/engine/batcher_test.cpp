#include "engine/batcher.h"

#include <thread>

#include <gtest/gtest.h>

#include "engine/hangar.h"

namespace uie::engine {
namespace {

using std::chrono::milliseconds;
using testing_support::Hangar;

constexpr Budget kRoomy{1'000, 1'000'000, 100};
constexpr std::chrono::seconds kForEver{600};

// Takes on a thread of its own, as a device does.
class Taker {
 public:
  Taker(Batcher& batcher, const Budget& budget)
      : thread_([this, &batcher, &budget] { batch_ = batcher.take(budget); }) {}

  // The number of queries taken.
  size_t wait() {
    thread_.join();
    for (PendingQuery& query : batch_) query.resolve(QueryResult{});
    return batch_.size();
  }

 private:
  Batch batch_;
  std::thread thread_;
};

TEST(Batcher, WaitsForTheQueriesOfTextsThatAreBeingPlanned) {
  Hangar hangar;
  std::atomic<size_t> planning = 2;
  Batcher batcher(hangar.stages, planning, kForEver);
  Taker taker(batcher, kRoomy);
  --planning;
  batcher.put(hangar.send({10}));
  std::this_thread::sleep_for(milliseconds(20));  // time to take it alone, which would be wrong
  EXPECT_EQ(batcher.size(), 1u);
  --planning;
  batcher.put(hangar.send({20, 30}));
  EXPECT_EQ(taker.wait(), 3u);
}

TEST(Batcher, WaitsForNobodyWhereNothingIsPlannedOrTheBatchIsFull) {
  Hangar hangar;
  std::atomic<size_t> planning = 0;
  Batcher batcher(hangar.stages, planning, kForEver);
  batcher.put(hangar.send({10}));
  EXPECT_EQ(Taker(batcher, kRoomy).wait(), 1u);
  planning = 1;
  batcher.put(hangar.send({10, 10}));
  const Budget small{20, kRoomy.max_area, kRoomy.max_queries};
  EXPECT_EQ(Taker(batcher, small).wait(), 2u);
}

TEST(Batcher, DoesNotWaitForLong) {
  Hangar hangar;
  std::atomic<size_t> planning = 1;  // a text that takes its time
  Batcher batcher(hangar.stages, planning);
  batcher.put(hangar.send({10}));
  EXPECT_EQ(Taker(batcher, kRoomy).wait(), 1u);
}

TEST(Batcher, ClosingEndsTheWait) {
  Hangar hangar;
  std::atomic<size_t> planning = 1;
  Batcher batcher(hangar.stages, planning, kForEver);
  batcher.put(hangar.send({10}));
  Taker taker(batcher, kRoomy);
  std::this_thread::sleep_for(milliseconds(5));
  batcher.close();
  EXPECT_EQ(taker.wait(), 0u);
  ASSERT_EQ(hangar.landed.size(), 1u);
  EXPECT_EQ(hangar.landed[0]->results[0].error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace uie::engine
