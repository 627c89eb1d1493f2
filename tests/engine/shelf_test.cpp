#include "engine/shelf.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "engine/hangar.h"

namespace uie::engine {
namespace {

using std::chrono::milliseconds;
using testing_support::Hangar;

size_t length(const PendingQuery& query) { return cost(query.query()).tokens; }

void resolve_all(Batch& batch) {
  for (PendingQuery& query : batch) query.resolve(QueryResult{});
}

void add_all(Shelf& shelf, Batch queries) {
  for (PendingQuery& query : queries) shelf.add(std::move(query));
}

std::vector<size_t> pack_lengths(Shelf& shelf, const Budget& budget) {
  Batch batch;
  shelf.pack(batch, budget);
  std::vector<size_t> lengths;
  for (const PendingQuery& query : batch) lengths.push_back(length(query));
  resolve_all(batch);
  return lengths;
}

constexpr size_t kAny = SIZE_MAX;

TEST(Shelf, TakesTheMostUrgentThenTheNearestLengths) {
  Hangar hangar;
  Shelf shelf;
  add_all(shelf, hangar.send({10, 100, 52, 47, 200}, Deadline::after(milliseconds(5'000))));
  add_all(shelf, hangar.send({50}, Deadline::after(milliseconds(1'000))));
  EXPECT_EQ(pack_lengths(shelf, {210, kAny, kAny}), (std::vector<size_t>{50, 52, 47, 10}));
  EXPECT_EQ(pack_lengths(shelf, {210, kAny, kAny}), (std::vector<size_t>{100}));
  EXPECT_EQ(pack_lengths(shelf, {210, kAny, kAny}), (std::vector<size_t>{200}));
  EXPECT_TRUE(shelf.empty());
  EXPECT_EQ(shelf.tokens(), 0u);
}

TEST(Shelf, EveryBudgetLimits) {
  Hangar hangar;
  Shelf shelf;
  const std::vector<size_t> tens(10, 10);
  add_all(shelf, hangar.send(tens));
  EXPECT_EQ(pack_lengths(shelf, {35, kAny, kAny}).size(), 3u);
  EXPECT_EQ(pack_lengths(shelf, {kAny, 250, kAny}).size(), 2u);
  EXPECT_EQ(pack_lengths(shelf, {kAny, kAny, 4}).size(), 4u);
  EXPECT_EQ(pack_lengths(shelf, {1, 1, 1}).size(), 1u) << "a query over budget runs alone";
}

TEST(Shelf, AQueryThatFailedBeforeRunsAlone) {
  Hangar hangar;
  Shelf shelf;
  auto queries = hangar.send({10, 10, 10}, Deadline::after(milliseconds(1'000)));
  queries[1].attempts = 1;
  add_all(shelf, std::move(queries));
  EXPECT_EQ(pack_lengths(shelf, {kAny, kAny, kAny}).size(), 2u);
  EXPECT_EQ(pack_lengths(shelf, {kAny, kAny, kAny}).size(), 1u);
}

// A text of many windows steps back behind others with each token it asks for, a text without a deadline is due too.
TEST(Launch, OrderOfServiceStarvesNobody) {
  Hangar hangar;
  const Deadline hour = Deadline::after(std::chrono::hours(1));
  const auto now = Clock::now();
  auto patient = hangar.send({512}), late = hangar.send({512}, hour);
  EXPECT_LE(patient[0].due(), now + std::chrono::seconds(61));
  EXPECT_LE(late[0].due(), now + std::chrono::seconds(61)) << "or a stream of short deadlines would starve it";
  const Deadline second = Deadline::after(milliseconds(1'000));
  auto windows = hangar.send(std::vector<size_t>(100, 500), second);
  EXPECT_EQ(windows[0].due(), second.when());
  EXPECT_EQ(windows[99].due() - windows[0].due(), milliseconds(99 * 500));
  auto next_level = hangar.send({10}, second, 50'000);
  EXPECT_EQ(next_level[0].due() - second.when(), milliseconds(50'000));
  for (auto* batch : {&patient, &late, &windows, &next_level}) resolve_all(*batch);
}

// Random shelves: every batch holds the most urgent query, keeps to the budget unless it is a single query, wastes no
// room, and every query comes out once.
TEST(Shelf, PackingKeepsToTheBudgetAndLosesNothing) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Hangar hangar;
    Shelf shelf;
    std::multimap<Clock::time_point, size_t> waiting;
    size_t put = 0;
    for (int text = 0; text < 20; ++text) {
      std::vector<size_t> lengths(1 + random() % 5);
      for (size_t& one : lengths) one = 1 + random() % 500;
      auto queries = hangar.send(lengths, Deadline::after(milliseconds(random() % 100'000)));
      for (const PendingQuery& query : queries) waiting.emplace(query.due(), length(query));
      put += queries.size();
      add_all(shelf, std::move(queries));
    }
    const Budget budget{1 + random() % 2'000, 1 + random() % 600'000, 1 + random() % 20};
    for (size_t got = 0; got < put;) {
      Batch batch;
      ASSERT_TRUE(shelf.pack(batch, budget));
      ASSERT_EQ(batch.front().due(), waiting.begin()->first);
      for (const PendingQuery& query : batch) {
        const auto [first, last] = waiting.equal_range(query.due());
        const auto found = std::find_if(first, last, [&](const auto& one) { return one.second == length(query); });
        ASSERT_NE(found, last);
        waiting.erase(found);
      }
      const Load load = load_of(batch);
      const bool within = load.tokens <= budget.max_tokens && load.area <= budget.max_area;
      ASSERT_TRUE(batch.size() == 1 || (within && batch.size() <= budget.max_queries));
      for (const auto& [due, one] : waiting) {
        const bool fits = load.tokens + one <= budget.max_tokens && load.area + one * one <= budget.max_area;
        ASSERT_FALSE(fits && batch.size() < budget.max_queries) << "a query of " << one << " tokens had room";
      }
      got += batch.size();
      resolve_all(batch);
    }
    ASSERT_TRUE(shelf.empty());
    ASSERT_EQ(hangar.landed.size(), 20u) << "every flight lands when its last query is resolved";
  }
}

TEST(PendingQuery, DestroyedUnresolvedItStillLandsItsFlight) {
  Hangar hangar;
  {
    auto queries = hangar.send({1, 2, 3});
    queries[1].resolve(QueryResult{});
    EXPECT_TRUE(hangar.landed.empty());
  }
  ASSERT_EQ(hangar.landed.size(), 1u);
  const auto& results = hangar.landed[0]->results;
  EXPECT_TRUE(!results[0] && results[1] && !results[2]);
  EXPECT_EQ(results[0].error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace uie::engine
