#include "model/half_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace uie::model {
namespace {

std::shared_ptr<const HalfStates> states(size_t count, float value) {
  return std::make_shared<HalfStates>(count, value);
}

// A few hundred different halves, any of them again and again: what is found is always what was put there for these
// ids, this segment and this position; the bound holds; what was used last is kept.
TEST(HalfCache, GivesBackWhatBelongsToTheHalfWithinItsBound) {
  constexpr size_t kMost = 40'000;
  std::mt19937 random(7);
  HalfCache cache(kMost);
  size_t found = 0, missed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<int32_t> ids(1 + random() % 3);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 4);
    const Half half{ids, static_cast<int32_t>(random() % 2), static_cast<int32_t>(random() % 2)};
    float value = static_cast<float>(half.segment * 2 + half.first_position);
    for (const int32_t id : ids) value = value * 5 + static_cast<float>(id + 1);
    if (const auto kept = cache.find(half)) {
      ++found;
      ASSERT_EQ(*kept, HalfStates(ids.size() * 100, value));
    } else {
      ++missed;
      cache.add(half, states(ids.size() * 100, value));
    }
    ASSERT_TRUE(cache.find(half));
    ASSERT_LE(cache.bytes(), kMost);
    ASSERT_GT(cache.size(), round < 1'000 ? 0U : 10U);
  }
  EXPECT_GT(found, 500U);
  EXPECT_GT(missed, 500U);
}

TEST(HalfCache, TheOneUsedLongestAgoGoesFirst) {
  const std::vector<int32_t> a = {1}, b = {2}, c = {3};
  HalfCache probe(SIZE_MAX);
  probe.add({a}, states(1'000, 1));
  HalfCache cache(2 * probe.bytes());
  cache.add({a}, states(1'000, 1));
  cache.add({b}, states(1'000, 2));
  ASSERT_TRUE(cache.find({a}));
  cache.add({c}, states(1'000, 3));
  EXPECT_TRUE(cache.find({a}));
  EXPECT_FALSE(cache.find({b}));
  EXPECT_TRUE(cache.find({c}));
}

TEST(HalfCache, WhatDoesNotFitIsNotKeptAndEvictsNothing) {
  const std::vector<int32_t> a = {1}, b = {2};
  HalfCache cache(10'000);
  cache.add({a}, states(100, 1));
  cache.add({b}, states(10'000, 2));
  EXPECT_TRUE(cache.find({a}));
  EXPECT_FALSE(cache.find({b}));
}

}  // namespace
}  // namespace uie::model
