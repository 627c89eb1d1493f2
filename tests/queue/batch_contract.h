// The contract of BatchStore as tests: every backend instantiates this suite with a way to make its store.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "uie/queue/batch_store.h"

namespace uie::testing_support {

struct BatchBackend {
  std::string name;
  std::function<std::unique_ptr<BatchStore>(const BatchOptions&)> make;

  friend std::ostream& operator<<(std::ostream& out, const BatchBackend& backend) { return out << backend.name; }
};

class BatchContract : public testing::TestWithParam<BatchBackend> {
 protected:
  void make(const BatchOptions& options = {}) { store_ = GetParam().make(options); }
  BatchView create(std::vector<std::string> lines, std::string key = {}, std::string digest = {}) {
    return store_->create({"question", std::move(lines), std::move(key), std::move(digest)}).value().batch;
  }
  static Deadline at_once() { return Deadline::after(std::chrono::milliseconds(0)); }
  static Deadline late() { return Deadline::after(std::chrono::seconds(20)); }
  using Lines = std::vector<std::string>;

  std::unique_ptr<BatchStore> store_;
};

TEST_P(BatchContract, LinesInLinesOut) {
  make();
  const BatchView batch = create({"a", "b", "c"});
  EXPECT_EQ(batch.id.size(), 32u);
  EXPECT_EQ(batch.total, 3u);
  EXPECT_FALSE(batch.started);
  const auto work = store_->claim(late()).value();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->id, batch.id);
  EXPECT_EQ(work->question, "question");
  EXPECT_EQ(work->next, 0u);
  EXPECT_EQ(store_->lines(batch.id, 1, 5).value(), (Lines{"b", "c"}));
  ASSERT_TRUE(store_->append(batch.id, 0, {"A", "B"}, 1));
  EXPECT_EQ(store_->results(batch.id, 0, 10).value(), (Lines{"A", "B"})) << "partial results can be read";
  const BatchView half = store_->find(batch.id).value();
  EXPECT_TRUE(half.started && !half.finished());
  EXPECT_EQ(half.done, 2u);
  EXPECT_EQ(half.failed, 1u);
  ASSERT_TRUE(store_->append(batch.id, 2, {"C"}, 0));
  EXPECT_TRUE(store_->find(batch.id).value().finished());
  EXPECT_EQ(store_->results(batch.id, 1, 1).value(), Lines{"B"});
  EXPECT_EQ(store_->results(batch.id, 7, 1).value(), Lines{});
}

TEST_P(BatchContract, OldestFirstAndEachToOneRunner) {
  make();
  const std::string first = create({"a"}).id, second = create({"b"}).id;
  EXPECT_EQ(store_->claim(at_once()).value()->id, first);
  EXPECT_EQ(store_->claim(at_once()).value()->id, second);
  EXPECT_FALSE(store_->claim(at_once()).value());
}

TEST_P(BatchContract, AReleasedBatchGoesOnWhereItStopped) {
  make();
  const std::string id = create({"a", "b"}).id;
  store_->claim(at_once()).value();
  ASSERT_TRUE(store_->append(id, 0, {"A"}, 0));
  store_->release(id);
  const auto again = store_->claim(at_once()).value();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->next, 1u);
  ASSERT_TRUE(store_->append(id, 0, {"late"}, 0)) << "an answer that is there is dropped, not an error";
  EXPECT_EQ(store_->results(id, 0, 10).value(), Lines{"A"});
}

TEST_P(BatchContract, AWaitingRunnerIsWoken) {
  make();
  std::thread runner([&] { EXPECT_TRUE(store_->claim(late()).value()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  create({"a"});
  runner.join();
}

TEST_P(BatchContract, TheSameKeyIsTheSameBatch) {
  make();
  const BatchView first = create({"a"}, "key", "digest");
  const auto again = store_->create({"question", {"a"}, "key", "digest"});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->batch.id, first.id);
  const auto other = store_->create({"question", {"b"}, "key", "other digest"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::invalid_request);
  ASSERT_TRUE(store_->remove(first.id));
  EXPECT_FALSE(store_->create({"question", {"b"}, "key", "other digest"}).value().repeated) << "the key goes too";
}

TEST_P(BatchContract, WhatIsRemovedIsGone) {
  make();
  const std::string id = create({"a"}).id;
  ASSERT_TRUE(store_->remove(id));
  const auto gone = [](const auto& result) { return !result && result.error().code == ErrorCode::not_found; };
  EXPECT_TRUE(gone(store_->find(id)));
  EXPECT_TRUE(gone(store_->results(id, 0, 1)));
  EXPECT_TRUE(gone(store_->lines(id, 0, 1)));
  EXPECT_TRUE(gone(store_->append(id, 0, {"A"}, 0)));
  EXPECT_TRUE(gone(store_->remove(id)));
  EXPECT_FALSE(store_->claim(at_once()).value());
}

TEST_P(BatchContract, KeepsSoManyAndSoLong) {
  make({.max_batches = 2, .expiry_s = 1});
  const std::string id = create({"a"}).id;
  create({"b"});
  const auto refused = store_->create({"question", {"c"}, "", ""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_FALSE(store_->find(id));
  EXPECT_TRUE(store_->create({"question", {"c"}, "", ""}));
}

}  // namespace uie::testing_support
