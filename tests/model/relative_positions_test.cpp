#include "model/relative_positions.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace uie::model {
namespace {

DebertaConfig config_of(int64_t buckets, int64_t farthest, int64_t positions = 512) {
  DebertaConfig config;
  config.position_buckets = buckets;
  config.max_relative_positions = farthest;
  config.max_position_embeddings = positions;
  return config;
}

TEST(RelativeRows, PlainDistancesAreClamped) {
  const RelativeRows rows(config_of(256, -1));
  EXPECT_EQ(rows.row(0), 256);
  EXPECT_EQ(rows.row(255), 511);
  EXPECT_EQ(rows.row(256), 511);
  EXPECT_EQ(rows.row(100000), 511);
  EXPECT_EQ(rows.row(-256), 0);
  EXPECT_EQ(rows.row(-257), 0);
  EXPECT_EQ(rows.row(-3), 253);
}

// Worked out by hand from spec/rex.md §7.2 with B = 8, M' = 16: m = 4, base (M'-1)/m = 3.75.
TEST(RelativeRows, LogBucketsByHand) {
  const std::vector<std::pair<int64_t, int64_t>> by_hand = {{0, 0},    {3, 3},  {-3, -3}, {4, 4},  {5, 5},
                                                            {6, 5},    {7, 6},  {9, 6},   {10, 7}, {15, 7},
                                                            {-15, -7}, {16, 8}, {-16, -8}};
  for (const auto& [delta, bucket] : by_hand) EXPECT_EQ(log_bucket(delta, 8, 16), bucket) << delta;
}

// The formula itself, distance by distance, against the table, far beyond its reach.
TEST(RelativeRows, TableEqualsFormulaAtEveryDistance) {
  for (const auto& [buckets, farthest] : std::vector<std::pair<int64_t, int64_t>>{
           {256, 512}, {32, 512}, {8, 16}, {4, 4096}, {7, 100}, {256, 130}, {6, 1 << 20}}) {
    const DebertaConfig config = config_of(buckets, farthest);
    const RelativeRows rows(config);
    for (int64_t delta = -9000; delta <= 9000; ++delta) {
      const int64_t wanted = std::clamp<int64_t>(log_bucket(delta, buckets, farthest) + buckets, 0, 2 * buckets - 1);
      ASSERT_EQ(rows.row(delta), wanted) << "B " << buckets << " M " << farthest << " delta " << delta;
    }
  }
}

TEST(RelativeRows, BucketsNeverFallAndAreOdd) {
  for (int64_t delta = 0; delta < 5000; ++delta) {
    ASSERT_LE(log_bucket(delta, 256, 512), log_bucket(delta + 1, 256, 512)) << delta;
    ASSERT_EQ(log_bucket(-delta, 256, 512), -log_bucket(delta, 256, 512)) << delta;
    ASSERT_LE(log_bucket(delta, 256, 512), delta);
  }
}

}  // namespace
}  // namespace uie::model
