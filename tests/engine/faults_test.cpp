// Devices that run out of memory, throw, die and come back; queries that always fail.
#include <random>

#include <gtest/gtest.h>

#include "engine/harness.h"

namespace uie::testing_support {
namespace {

// Memory for so many tokens.
FakeEncoder::Script memory_for(size_t tokens, std::atomic<size_t>* largest = nullptr) {
  return [=](std::span<const Query* const> batch) -> std::optional<Error> {
    if (tokens_of(batch) > tokens) return Error{ErrorCode::unavailable, "out of memory", ""};
    if (largest) *largest = std::max<size_t>(*largest, tokens_of(batch));
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    return std::nullopt;
  };
}

std::vector<std::unique_ptr<Reply>> submit_plain(Harness& harness, int count) {
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < count; ++i) replies.push_back(harness.submit("plain " + std::to_string(i)));
  return replies;
}

void expect_plain(std::vector<std::unique_ptr<Reply>>& replies) {
  for (size_t i = 0; i < replies.size(); ++i) {
    const auto result = replies[i]->wait(late());
    ASSERT_TRUE(result);
    EXPECT_EQ(state_of(*result), expected_answer("plain " + std::to_string(i)));
  }
}

TEST(Faults, OutOfMemoryHalvesTheBudgetAndLosesNothing) {
  EngineOptions options;
  options.max_batch_tokens = 4'096;
  Harness harness({fake_device(memory_for(300))}, options);
  auto replies = submit_plain(harness, 200);
  ASSERT_TRUE(harness.engine.start());
  expect_plain(replies);
  const auto device = harness.engine.status().devices[0];
  EXPECT_LE(device.budget.max_tokens, 4'096u / 4);
  EXPECT_GT(device.failures, 0u);
  EXPECT_EQ(device.health, DeviceHealth::healthy);
  EXPECT_EQ(device.last_error, "out of memory");
  EXPECT_EQ(harness.metrics.value("uie_device_failures_total{device=cpu,code=unavailable}"),
            static_cast<double>(device.failures));
}

TEST(Faults, TheBudgetGrowsBackWhenMemoryDoes) {
  std::atomic<size_t> memory = 200;
  EngineOptions options;
  options.max_batch_tokens = 1'000;
  Harness harness({fake_device([&](auto batch) { return memory_for(memory)(batch); })}, options);
  auto replies = submit_plain(harness, 60);
  ASSERT_TRUE(harness.engine.start());
  expect_plain(replies);
  ASSERT_LT(harness.engine.status().devices[0].budget.max_tokens, 1'000u);
  memory = 1'000'000;
  EXPECT_TRUE(eventually([&] {
    harness.ask("plain again");
    return harness.engine.status().devices[0].budget.max_tokens == 1'000;
  }));
}

TEST(Faults, AQueryTooLargeForTheDeviceFailsAlone) {
  Harness harness({fake_device(memory_for(2'000))});
  auto replies = submit_plain(harness, 20);
  const auto huge = harness.submit("huge a");
  ASSERT_TRUE(harness.engine.start());
  expect_plain(replies);
  EXPECT_EQ(code_of(state_of(*huge->wait(late()))), "unavailable");
  EXPECT_TRUE(harness.engine.status().ready);
}

FakeEncoder::Script poisoned_fails(std::function<std::optional<Error>(size_t)> how, std::atomic<int>& alone) {
  return [=, &alone](std::span<const Query* const> batch) -> std::optional<Error> {
    for (size_t i = 0; i < batch.size(); ++i) {
      if (!is_poisoned(*batch[i])) continue;
      alone += batch.size() == 1;
      return how(i);
    }
    return std::nullopt;
  };
}

// Many texts around it, all in one batch: only the guilty one gets an error, after two runs alone.
TEST(Faults, APoisonedQueryFailsItsOwnTextOnly) {
  using How = std::function<std::optional<Error>(size_t)>;
  const How internal = [](size_t) { return Error{ErrorCode::internal, "secret detail", ""}; };
  const How throws = [](size_t) -> std::optional<Error> { throw std::runtime_error("secret detail"); };
  const How weird = [](size_t) -> std::optional<Error> { throw 42; };
  for (const How& how : {internal, throws, weird}) {
    std::atomic<int> alone = 0;
    Harness harness({fake_device(poisoned_fails(how, alone))});
    auto replies = submit_plain(harness, 50);
    const auto poison = harness.submit("poison a");
    ASSERT_TRUE(harness.engine.start());
    expect_plain(replies);
    const std::string answer = state_of(*poison->wait(late()));
    EXPECT_EQ(code_of(answer), "internal");
    EXPECT_EQ(answer.find("secret"), std::string::npos) << "details belong into the log";
    EXPECT_EQ(alone, 2);
    EXPECT_TRUE(harness.engine.status().ready) << "the device is not to blame";
    harness.queue.close();
    harness.engine.stop();
    EXPECT_EQ(harness.queue.not_answered_once(), 0u);
  }
}

TEST(Faults, AQueryThatTheEncoderBlamesFailsAtOnce) {
  std::atomic<int> alone = 0, runs = 0;
  auto script = poisoned_fails(
      [](size_t index) {
        return Error{ErrorCode::invalid_request, "id 666", std::to_string(index)};
      },
      alone);
  Harness harness({fake_device([&](auto batch) {
    ++runs;
    return script(batch);
  })});
  auto replies = submit_plain(harness, 50);
  const auto poison = harness.submit("poison a");
  ASSERT_TRUE(harness.engine.start());
  expect_plain(replies);
  EXPECT_EQ(code_of(state_of(*poison->wait(late()))), "internal");
  EXPECT_LE(alone, 1);
}

TEST(Faults, PoisonAsTheVeryFirstQueryDoesNotTakeTheDeviceDown) {
  std::atomic<int> alone = 0;
  Harness harness({fake_device(poisoned_fails([](size_t) { return Error{ErrorCode::internal, "bad", ""}; }, alone))});
  ASSERT_TRUE(harness.engine.start());
  EXPECT_EQ(code_of(harness.ask("poison a")), "internal");
  EXPECT_EQ(harness.ask("plain 1"), expected_answer("plain 1"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_of(harness.ask("poison " + std::to_string(i))), "internal");
  EXPECT_EQ(harness.ask("plain 2"), expected_answer("plain 2"));
  EXPECT_TRUE(harness.engine.status().ready);
}

TEST(Faults, AnEncoderThatGivesTooFewResultsIsFound) {
  class Short final : public Encoder {
   public:
    Result<std::vector<QueryResult>> run(std::span<const Query* const>) override { return std::vector<QueryResult>{}; }
    const EncoderInfo& info() const override { return info_; }

   private:
    EncoderInfo info_;
  };
  Harness harness({[]() -> Result<std::unique_ptr<Encoder>> { return std::make_unique<Short>(); }});
  ASSERT_TRUE(harness.engine.start());
  EXPECT_EQ(code_of(harness.ask("one a")), "internal");
}

// One of two devices dies in the middle of the work: the other does it all, and the dead one comes back when it can.
TEST(Faults, ADeadDeviceGivesItsQueriesBackAndReturns) {
  std::atomic<bool> dead = false;
  std::atomic<int> loads = 0;
  const auto sometimes_dead = [&](auto) -> std::optional<Error> {
    if (dead) return Error{ErrorCode::unavailable, "device lost", ""};
    return std::nullopt;
  };
  const auto slow = [](auto) -> std::optional<Error> {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    return std::nullopt;
  };
  EngineOptions options;
  options.max_batch_tokens = 100;
  Harness harness({[&]() -> Result<std::unique_ptr<Encoder>> {
                     ++loads;
                     if (dead) return fail(ErrorCode::unavailable, "no such device");
                     return std::make_unique<FakeEncoder>(sometimes_dead, "cuda:0");
                   },
                   fake_device(slow, "cuda:1")},
                  options);
  ASSERT_TRUE(harness.engine.start());
  auto replies = submit_plain(harness, 300);
  ASSERT_TRUE(eventually([&] { return harness.engine.status().devices[0].batches > 5; }));
  dead = true;
  expect_plain(replies);
  ASSERT_TRUE(eventually([&] { return loads > 1; })) << "probing does not help: a new encoder is tried";
  EXPECT_EQ(harness.engine.status().devices[0].health, DeviceHealth::gone);
  EXPECT_TRUE(harness.engine.status().ready);
  EXPECT_EQ(harness.metrics.value("uie_device_healthy{device=cuda:0}"), 0);
  dead = false;
  EXPECT_TRUE(eventually([&] { return harness.engine.status().devices[0].health == DeviceHealth::healthy; }));
  EXPECT_EQ(harness.metrics.value("uie_device_healthy{device=cuda:0}"), 1);
}

// Nobody is left hanging while no device works; and it heals.
TEST(Faults, WithoutAnyDeviceTextsAreAnsweredUnavailable) {
  std::atomic<bool> dead = false;
  Harness harness({fake_device([&](auto) -> std::optional<Error> {
    if (dead) throw std::runtime_error("lost");
    return std::nullopt;
  })});
  ASSERT_TRUE(harness.engine.start());
  ASSERT_EQ(harness.ask("plain 1"), expected_answer("plain 1"));
  dead = true;
  std::vector<std::unique_ptr<Reply>> replies = submit_plain(harness, 20);
  for (auto& reply : replies) {
    const std::string code = code_of(state_of(*reply->wait(late())));
    EXPECT_TRUE(code == "unavailable" || code == "internal") << code;
  }
  EXPECT_FALSE(harness.engine.status().ready);
  dead = false;
  ASSERT_TRUE(eventually([&] { return harness.engine.status().ready; }));
  EXPECT_EQ(harness.ask("plain 2"), expected_answer("plain 2"));
  dead = true;
  const auto last = harness.submit("plain 3");
  harness.queue.close();
  harness.engine.stop(milliseconds(300));
  EXPECT_TRUE(last->wait(Deadline::after(milliseconds(0))));
  EXPECT_EQ(harness.queue.not_answered_once(), 0u);
}

// Everything at once: random texts, planners, devices, delays, faults, cancellations, deadlines. Each accepted job is
// answered once; each answer that is not an error is the one a single thread gives; no batch exceeds the budget.
TEST(Faults, UnderRandomTroubleEveryJobIsAnsweredOnceAndRight) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    EngineOptions options;
    options.planners = 1 + static_cast<int>(random() % 4);
    options.max_in_flight = 1 + random() % 40;
    options.max_batch_tokens = 64 + random() % 1'000;
    options.max_batch_size = random() % 20;
    options.linger_ms = random() % 2 ? 0.5 : 0;
    const bool faulty = random() % 2 == 0;
    std::atomic<int> over_budget = 0, trouble = 0;
    std::vector<Engine::EncoderFactory> devices;
    for (size_t d = 0, count = 1 + random() % 4; d < count; ++d) {
      const auto dice = std::make_shared<std::mt19937>(random());
      devices.push_back(fake_device(
          [&, dice](std::span<const Query* const> batch) -> std::optional<Error> {
            const size_t most = options.max_batch_size > 0 ? options.max_batch_size : SIZE_MAX;
            over_budget += batch.size() > 1 && (tokens_of(batch) > options.max_batch_tokens || batch.size() > most);
            for (const Query* query : batch) over_budget += query->index() != batch[0]->index();
            std::this_thread::sleep_for(std::chrono::microseconds((*dice)() % 500));
            const auto roll = (*dice)() % 100;
            if (tokens_of(batch) > 300 && batch.size() > 1 && roll < 30) {
              return Error{ErrorCode::unavailable, "out of memory", ""};
            }
            if (!faulty || roll >= 5) return std::nullopt;
            ++trouble;
            if (roll == 0) throw std::bad_alloc();
            return Error{roll < 3 ? ErrorCode::internal : ErrorCode::unavailable, "trouble", ""};
          },
          "fake:" + std::to_string(d)));
    }
    Harness harness(std::move(devices), options, {.max_jobs = 60});
    ASSERT_TRUE(harness.engine.start());
    std::atomic<int> right = 0, failed = 0, gone = 0, submitted = 0;
    std::vector<std::thread> callers;
    for (unsigned t = 0; t < 3; ++t) {
      callers.emplace_back([&, t] {
        std::mt19937 dice(seed * 100 + t);
        for (int i = 0; i < 60; ++i) {
          const char* const kinds[] = {"plain ", "plain ", "plain ", "one ", "none ", "long ", "huge "};
          const std::string text = kinds[dice() % 7] + std::to_string(dice() % 1'000);
          const Deadline deadline = dice() % 8 ? Deadline::never() : Deadline::after(milliseconds(1 + dice() % 30));
          auto reply = harness.queue.submit(text_job(text, deadline));
          if (!reply) continue;
          ++submitted;
          if (dice() % 10 == 0) {
            std::this_thread::sleep_for(milliseconds(dice() % 3));
            ++gone;
            continue;
          }
          const auto result = (*reply)->wait(late());
          ASSERT_TRUE(result) << text;
          if (*result) {
            ASSERT_EQ(state_of(*result), expected_answer(text)) << text;
            ++right;
          } else {
            const ErrorCode code = result->error().code;
            const bool device_error = code == ErrorCode::internal || code == ErrorCode::unavailable;
            ASSERT_TRUE(code == ErrorCode::deadline || (faulty && device_error)) << state_of(*result);
            ++failed;
          }
        }
      });
    }
    for (auto& caller : callers) caller.join();
    harness.queue.close();
    harness.engine.stop();
    EXPECT_EQ(over_budget, 0) << "seed " << seed;
    EXPECT_EQ(harness.queue.not_answered_once(), 0u) << "seed " << seed;
    EXPECT_EQ(right + failed + gone, submitted);
    EXPECT_GT(right, submitted / 2) << "seed " << seed << ": " << failed << " failed of " << submitted;
    EXPECT_EQ(harness.engine.status().in_flight, 0u);
    EXPECT_EQ(harness.engine.status().pending_queries, 0u);
  }
}

}  // namespace
}  // namespace uie::testing_support
