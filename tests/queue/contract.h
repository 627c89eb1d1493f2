// The contract of JobQueue as tests: every backend instantiates this suite with a way to make its queue.
//
//   INSTANTIATE_TEST_SUITE_P(InProcess, QueueContract, testing::Values(QueueBackend{"in_process", make}));
//
// A backend may need time to carry things, so what is expected is waited for, not looked at once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"
#include "queue/jobs.h"
#include "uie/queue/job_queue.h"

namespace uie::testing_support {

struct QueueBackend {
  std::string name;
  std::function<std::unique_ptr<JobQueue>(const QueueOptions&, Metrics&)> make;
  bool shared = false;  // other processes take from it too: once closed, what waits is theirs

  friend std::ostream& operator<<(std::ostream& out, const QueueBackend& backend) { return out << backend.name; }
};

class QueueContract : public testing::TestWithParam<QueueBackend> {
 protected:
  void make(const QueueOptions& options = {}) { queue_ = GetParam().make(options, metrics_); }
  std::unique_ptr<Reply> submit(Job job) { return queue_->submit(std::move(job)).value(); }
  ErrorCode refusal(Job job) { return queue_->submit(std::move(job)).error().code; }

  FakeMetrics metrics_;
  std::unique_ptr<JobQueue> queue_;
};

TEST_P(QueueContract, CarriesJobsInOrderAndAnswersBack) {
  make();
  std::vector<std::unique_ptr<Reply>> replies;
  for (const char* text : {"一", "二", "三"}) replies.push_back(submit(make_job(text)));
  std::set<JobId> ids;
  for (const char* text : {"一", "二", "三"}) {
    const auto job = queue_->take(late());
    ASSERT_TRUE(job);
    EXPECT_EQ(job->task.text.bytes(), text);
    EXPECT_EQ(job->request_id, std::string("request of ") + text);
    EXPECT_LE(job->accepted, std::chrono::steady_clock::now());
    ids.insert(job->id);
    queue_->finish(job->id, answer_for(*job));
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(echoed(*replies[2]->wait(late())), "三");  // in any order
  EXPECT_EQ(echoed(*replies[0]->wait(late())), "一");
  EXPECT_EQ(echoed(*replies[1]->wait(late())), "二");
}

TEST_P(QueueContract, ErrorsAreAnswersToo) {
  make();
  const auto reply = submit(make_job("a"));
  queue_->finish(queue_->take(late())->id, fail(ErrorCode::internal, "no", "/here"));
  const auto result = reply->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::internal);
  EXPECT_EQ(result->error().message, "no");
  EXPECT_EQ(result->error().where, "/here");
}

TEST_P(QueueContract, TheFirstAnswerCountsAndIsGivenOnce) {
  make();
  const auto reply = submit(make_job("a"));
  const auto job = queue_->take(late());
  queue_->finish(job->id, answer_for(*job));
  queue_->finish(job->id, fail(ErrorCode::internal, "second"));
  queue_->finish(job->id + 1000, fail(ErrorCode::internal, "never taken"));
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
  EXPECT_FALSE(reply->wait(soon()));
}

TEST_P(QueueContract, WaitAndTakeHoldToTheirDeadlines) {
  make();
  EXPECT_FALSE(queue_->take(soon()));
  const auto reply = submit(make_job("a"));
  EXPECT_FALSE(reply->wait(soon()));
  ASSERT_TRUE(eventually([&] { return queue_->stats().depth == 1; }));
  const auto job = queue_->take(Deadline::after(milliseconds(0)));
  ASSERT_TRUE(job) << "what is there is given whatever the deadline";
  queue_->finish(job->id, answer_for(*job));
  EXPECT_TRUE(reply->wait(late())) << "a wait that timed out does not lose the answer";
}

TEST_P(QueueContract, AWaitingTakerIsWoken) {
  make();
  std::thread taker([&] {
    const auto job = queue_->take(late());
    ASSERT_TRUE(job);
    queue_->finish(job->id, answer_for(*job));
  });
  std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(echoed(*submit(make_job("a"))->wait(late())), "a");
  taker.join();
}

TEST_P(QueueContract, RefusesMoreJobsThanItHolds) {
  make({.max_jobs = 2});
  auto first = submit(make_job("a"));
  const auto second = submit(make_job("b"));
  const auto refused = queue_->submit(make_job("c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  EXPECT_NE(refused.error().message.find("2 of 2"), std::string::npos) << refused.error().message;
  first.reset();
  ASSERT_TRUE(eventually([&] { return queue_->stats().depth == 1; })) << "a cancelled job takes no room";
  const auto third = submit(make_job("c"));
  ASSERT_TRUE(queue_->take(late()));
  EXPECT_TRUE(eventually([&] { return queue_->submit(make_job("d")).has_value(); })) << "a taken job takes no room";
}

TEST_P(QueueContract, RefusesMoreTextThanItHolds) {
  make({.max_chars = 10});
  const auto first = submit(make_job("一二三四五六"));
  EXPECT_EQ(queue_->stats().queued_chars, 6u) << "code points, not bytes";
  const auto refused = queue_->submit(make_job("一二三四五"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  EXPECT_NE(refused.error().message.find("6 of 10"), std::string::npos) << refused.error().message;
  EXPECT_EQ(refusal(make_job("一二三四五六七八九十一")), ErrorCode::too_large) << "it will never fit";
  EXPECT_TRUE(queue_->submit(make_job("一二三四")));
}

// 25 jobs a second are done. What needs a second is not let in behind a hundred.
TEST_P(QueueContract, RefusesWhatCannotBeDoneInTime) {
  make();
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 150; ++i) replies.push_back(submit(make_job("a")));
  const auto hurried = [&] {
    Job job = make_job("b");
    job.task.deadline = Deadline::after(milliseconds(1'000));
    return queue_->submit(std::move(job));
  };
  EXPECT_TRUE(hurried()) << "nothing is known yet";
  for (int i = 0; i < 75; ++i) {
    const auto job = queue_->take(late());
    std::this_thread::sleep_for(milliseconds(40));
    queue_->finish(job->id, answer_for(*job));
  }
  const auto refused = hurried();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded) << refused.error().message;
  EXPECT_TRUE(metrics_.value("uie_jobs_refused_total{reason=late}") >= 1);
  EXPECT_TRUE(queue_->submit(make_job("c"))) << "there is time for this one";
}

TEST_P(QueueContract, RefusesWhatIsAlreadyLate) {
  make();
  EXPECT_EQ(refusal(make_job("a", Deadline::after(milliseconds(0)))), ErrorCode::deadline);
  EXPECT_EQ(queue_->stats().depth, 0u);
}

TEST_P(QueueContract, ExpiredJobsAreAnsweredAndSkipped) {
  make();
  const auto expiring = submit(make_job("a", Deadline::after(milliseconds(5))));
  const auto living = submit(make_job("b"));
  std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(queue_->take(late())->task.text.bytes(), "b");
  const auto result = expiring->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::deadline);
  EXPECT_EQ(metrics_.value("uie_jobs_dropped_total{reason=expired}"), 1);
}

TEST_P(QueueContract, CancelledJobsAreAnsweredAndSkipped) {
  make();
  const auto cancelled = submit(make_job("a"));
  auto destroyed = submit(make_job("b"));
  const auto living = submit(make_job("c"));
  cancelled->cancel();
  cancelled->cancel();
  destroyed.reset();
  EXPECT_EQ(queue_->take(late())->task.text.bytes(), "c");
  const auto result = cancelled->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::cancelled);
  EXPECT_EQ(metrics_.value("uie_jobs_dropped_total{reason=cancelled}"), 2);
}

TEST_P(QueueContract, ATakenJobIsAbandonedWhenNobodyWaits) {
  make();
  const auto kept = submit(make_job("a")), cancelled = submit(make_job("b"));
  auto destroyed = submit(make_job("c"));
  const auto expiring = submit(make_job("d", Deadline::after(milliseconds(500))));
  std::vector<JobId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(queue_->take(late())->id);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue_->abandoned(ids[i]));
  cancelled->cancel();
  destroyed.reset();
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(eventually([&] { return queue_->abandoned(ids[i]); })) << i;
  EXPECT_FALSE(queue_->abandoned(ids[0]));
  for (const JobId id : ids) queue_->finish(id, Extracted{});
  EXPECT_TRUE(kept->wait(late())->has_value());
  EXPECT_EQ(cancelled->wait(late())->error().code, ErrorCode::cancelled);
  EXPECT_TRUE(eventually([&] { return queue_->stats().in_flight == 0; }));
}

TEST_P(QueueContract, CancelAfterTheAnswerChangesNothing) {
  make();
  const auto reply = submit(make_job("a"));
  const auto job = queue_->take(late());
  queue_->finish(job->id, answer_for(*job));
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
  reply->cancel();
  EXPECT_FALSE(reply->wait(soon()));
}

TEST_P(QueueContract, ClosedTakesNoMoreAndDrains) {
  make();
  const auto reply = submit(make_job("a"));
  EXPECT_FALSE(queue_->closed());
  queue_->close();
  queue_->close();
  EXPECT_TRUE(queue_->closed());
  EXPECT_EQ(refusal(make_job("b")), ErrorCode::unavailable);
  if (GetParam().shared) {
    EXPECT_FALSE(queue_->take(Deadline::never()));
    EXPECT_EQ(queue_->stats().depth, 1u) << "it stays for others";
    return;
  }
  const auto job = queue_->take(late());
  ASSERT_TRUE(job);
  EXPECT_FALSE(queue_->take(Deadline::never())) << "closed and empty: take does not wait";
  queue_->finish(job->id, answer_for(*job));
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
}

TEST_P(QueueContract, CloseWakesAWaitingTaker) {
  make();
  std::thread taker([&] { EXPECT_FALSE(queue_->take(Deadline::never())); });
  std::this_thread::sleep_for(milliseconds(10));
  queue_->close();
  taker.join();
}

TEST_P(QueueContract, SaysHowItStands) {
  make({.max_jobs = 9});
  const auto first = submit(make_job("一二")), second = submit(make_job("三"));
  std::this_thread::sleep_for(milliseconds(10));
  auto stats = queue_->stats();
  EXPECT_EQ(stats.depth, 2u);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.capacity, 9u);
  EXPECT_EQ(stats.queued_chars, 3u);
  EXPECT_GE(stats.oldest_age_s, 0.009);
  EXPECT_LT(stats.oldest_age_s, 20);
  const auto job = queue_->take(late());
  EXPECT_TRUE(eventually([&] {
    stats = queue_->stats();
    return stats.depth == 1 && stats.in_flight == 1 && stats.queued_chars == 1;
  })) << stats.depth
      << " " << stats.in_flight << " " << stats.queued_chars;
  queue_->finish(job->id, Extracted{});
  EXPECT_EQ(queue_->stats().in_flight, 0u);
}

// Submitters that wait, give up or cancel; takers that answer; then close. Every caller that waits to the end gets its
// own answer, and the counters balance.
TEST_P(QueueContract, ManyThreadsEveryJobIsAnsweredOnce) {
  constexpr int kSubmitters = 3, kTakers = 2, kEach = 400;
  make({.max_jobs = 50});
  std::atomic<int> answered = 0, refused = 0, left = 0, taken = 0;
  std::vector<std::thread> submitters, takers;
  for (int t = 0; t < kTakers; ++t) {
    takers.emplace_back([&] {
      while (const auto job = queue_->take(Deadline::never())) {
        ++taken;
        queue_->finish(job->id, answer_for(*job));
      }
    });
  }
  for (int t = 0; t < kSubmitters; ++t) {
    submitters.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string text = std::to_string(t) + "/" + std::to_string(i);
        auto reply = queue_->submit(make_job(text));
        if (!reply) {
          ++refused;
        } else if (i % 5 == 0) {
          ++left;
          if (i % 2 == 0) (*reply)->cancel();
          reply->reset();
        } else {
          const auto result = (*reply)->wait(late());
          ASSERT_TRUE(result) << text;
          ASSERT_EQ(echoed(*result), text);
          ++answered;
        }
      }
    });
  }
  for (auto& thread : submitters) thread.join();
  queue_->close();
  for (auto& thread : takers) thread.join();
  EXPECT_EQ(answered + refused + left, kSubmitters * kEach);
  EXPECT_EQ(metrics_.value("uie_jobs_accepted_total"), answered + left);
  EXPECT_EQ(taken + metrics_.value("uie_jobs_dropped_total{reason=cancelled}"), answered + left);
  EXPECT_EQ(queue_->stats().depth, 0u);
  EXPECT_EQ(queue_->stats().in_flight, 0u);
  EXPECT_EQ(queue_->stats().queued_chars, 0u);
}

}  // namespace uie::testing_support
