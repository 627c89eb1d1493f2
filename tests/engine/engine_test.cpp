#include "uie/engine/engine.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "engine/harness.h"

namespace uie::testing_support {
namespace {

TEST(Engine, AnswersAndTellsTheTime) {
  Harness harness({fake_device([](auto) {
    std::this_thread::sleep_for(milliseconds(2));
    return std::nullopt;
  })});
  ASSERT_TRUE(harness.engine.start());
  const auto result = *harness.submit("plain 1")->wait(late());
  EXPECT_EQ(state_of(result), expected_answer("plain 1"));
  const Timing& timing = result->timing;
  EXPECT_GE(timing.compute, 0.002);
  for (const double part : {timing.queue, timing.tokenize, timing.decode}) EXPECT_GE(part, 0);
  const double parts = timing.queue + timing.tokenize + timing.compute + timing.decode;
  EXPECT_LE(parts, timing.total);
  EXPECT_GT(parts, timing.total / 2);
  harness.engine.stop();
  for (const char* stage : {"queue", "plan", "batch_wait", "device", "decode", "total"}) {
    EXPECT_FALSE(harness.metrics.observed("uie_stage_seconds{stage=" + std::string(stage) + "}").empty()) << stage;
  }
  EXPECT_EQ(harness.metrics.value("uie_jobs_finished_total{outcome=ok}"), 1);
  EXPECT_EQ(harness.metrics.value("uie_extractions_in_flight"), 0);
}

TEST(Engine, ATextThatNeedsNoQueryIsAnswered) {
  Harness harness({fake_device()});
  ASSERT_TRUE(harness.engine.start());
  EXPECT_EQ(harness.ask("none"), expected_answer("none"));
}

TEST(Engine, SaysHowItStands) {
  Gate gate;
  Harness harness({fake_device([&](auto) {
                     gate.pass();
                     return std::nullopt;
                   }),
                   []() -> Result<std::unique_ptr<Encoder>> { return fail(ErrorCode::unavailable, "no such card"); }});
  ASSERT_TRUE(harness.engine.start()) << "one device of two is enough";
  auto status = harness.engine.status();
  EXPECT_TRUE(status.ready);
  EXPECT_EQ(status.in_flight, 0u);
  ASSERT_EQ(status.devices.size(), 2u);
  EXPECT_EQ(status.devices[0].health, DeviceHealth::healthy);
  EXPECT_EQ(status.devices[0].info.device, "cpu");
  EXPECT_EQ(status.devices[0].budget.max_tokens, 512u);
  EXPECT_EQ(status.devices[1].health, DeviceHealth::gone);
  EXPECT_EQ(status.devices[1].last_error, "no such card");
  const auto first = harness.submit("one a");
  gate.await_arrival();
  const auto second = harness.submit("one b");
  EXPECT_TRUE(eventually([&] { return harness.engine.status().pending_queries == 1; }));
  EXPECT_EQ(harness.engine.status().in_flight, 2u);
  gate.open();
  EXPECT_TRUE(first->wait(late()) && second->wait(late()));
  harness.engine.stop();
  status = harness.engine.status();
  EXPECT_EQ(status.devices[0].batches, 2u);
  EXPECT_EQ(status.devices[0].queries, 2u);
  EXPECT_EQ(status.devices[0].tokens, 8u);
  EXPECT_EQ(status.devices[0].lower_half.text_passes, 2u);
  EXPECT_EQ(harness.metrics.value("uie_lower_half_passes_total{device=cpu,half=text}"), 2);
  EXPECT_EQ(status.in_flight, 0u);
  EXPECT_FALSE(status.ready);
}

TEST(Engine, StartFailsWhenNoDeviceLoads) {
  Harness none({}), throwing({[]() -> Result<std::unique_ptr<Encoder>> { throw std::runtime_error("driver"); }});
  EXPECT_EQ(none.engine.start().error().code, ErrorCode::unavailable);
  EXPECT_NE(throwing.engine.start().error().message.find("driver"), std::string::npos);
  Harness failing({[]() -> Result<std::unique_ptr<Encoder>> { return fail(ErrorCode::corrupt_checkpoint, "first"); },
                   []() -> Result<std::unique_ptr<Encoder>> { return nullptr; }});
  EXPECT_EQ(failing.engine.start().error().message, "first");
}

// The in-flight limit is the back pressure: the rest stays in the queue, where new jobs are refused.
TEST(Engine, TakesNoMoreThanMayBeInFlight) {
  Gate gate;
  EngineOptions options;
  options.max_in_flight = 3;
  Harness harness({fake_device([&](auto) {
                    gate.pass();
                    return std::nullopt;
                  })},
                  options, {.max_jobs = 4});
  ASSERT_TRUE(harness.engine.start());
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 3; ++i) replies.push_back(harness.submit("one " + std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return harness.queue.stats().in_flight == 3; }));
  for (int i = 3; i < 7; ++i) replies.push_back(harness.submit("one " + std::to_string(i)));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(harness.queue.stats().in_flight, 3u);
  EXPECT_EQ(harness.queue.submit(text_job("one 8")).error().code, ErrorCode::overloaded);
  gate.open();
  for (auto& reply : replies) EXPECT_TRUE(reply->wait(late())->has_value());
}

// A text of many windows takes several places in flight, but never more than there are.
TEST(Engine, LongTextsCountForSeveralInFlight) {
  Gate gate;
  EngineOptions options;
  options.max_in_flight = 4;
  Harness harness({fake_device([&](auto) {
                    gate.pass();
                    return std::nullopt;
                  })},
                  options);
  ASSERT_TRUE(harness.engine.start());
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 4; ++i) replies.push_back(harness.submit("one " + std::string(70'000, 'x')));
  ASSERT_TRUE(eventually([&] { return harness.engine.status().in_flight == 2; }));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(harness.engine.status().in_flight, 2u);
  replies.push_back(harness.submit("one " + std::string(900'000, 'x')));
  gate.open();
  for (auto& reply : replies) EXPECT_TRUE(reply->wait(late())->has_value());
  EXPECT_TRUE(eventually([&] { return harness.engine.status().in_flight == 0; }));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(harness.ask("one x"), expected_answer("one x")) << "all permits came back";
}

// Cancelled and expired texts never reach the device.
TEST(Engine, DropsWhatNobodyWaitsForAsItPacks) {
  Gate gate;
  std::atomic<size_t> seen = 0;
  Harness harness({fake_device([&](auto batch) {
    gate.pass();
    seen += batch.size();
    return std::nullopt;
  })});
  ASSERT_TRUE(harness.engine.start());
  const auto first = harness.submit("one a");
  gate.await_arrival();
  auto cancelled = harness.submit("long b"), destroyed = harness.submit("one c");
  const auto expiring = harness.submit("one d", Deadline::after(milliseconds(200)));
  const auto kept = harness.submit("one e");
  ASSERT_TRUE(eventually([&] { return harness.engine.status().pending_queries == 203; }));
  cancelled->cancel();
  destroyed.reset();
  std::this_thread::sleep_for(milliseconds(201));
  gate.open();
  EXPECT_EQ(state_of(*kept->wait(late())), expected_answer("one e"));
  EXPECT_EQ(code_of(state_of(*cancelled->wait(late()))), "cancelled");
  EXPECT_EQ(code_of(state_of(*expiring->wait(late()))), "deadline");
  harness.queue.close();
  harness.engine.stop();
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(harness.metrics.value("uie_queries_dropped_total{reason=cancelled}"), 201);
  EXPECT_EQ(harness.metrics.value("uie_queries_dropped_total{reason=expired}"), 1);
  EXPECT_EQ(harness.queue.not_answered_once(), 0u);
}

// A text of 200 windows came first; short ones that come later do not wait for all of it.
TEST(Engine, ALongTextDoesNotHoldUpShortOnes) {
  Gate gate;
  EngineOptions options;
  options.max_batch_tokens = 128;
  Harness harness({fake_device([&](auto) {
                    gate.pass();
                    std::this_thread::sleep_for(milliseconds(1));
                    return std::nullopt;
                  })},
                  options);
  ASSERT_TRUE(harness.engine.start());
  const auto long_text = harness.submit("long a");
  gate.await_arrival();
  std::vector<std::unique_ptr<Reply>> short_texts;
  for (int i = 0; i < 20; ++i) short_texts.push_back(harness.submit("one " + std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return harness.engine.status().pending_queries > 200; }));
  gate.open();
  for (auto& reply : short_texts) ASSERT_TRUE(reply->wait(late()));
  EXPECT_FALSE(long_text->wait(Deadline::after(milliseconds(0)))) << "the long text was served before them";
  EXPECT_EQ(state_of(*long_text->wait(late())), expected_answer("long a"));
}

TEST(Engine, AnIdleDeviceLetsNobodyWait) {
  EngineOptions options;
  options.linger_ms = 5'000;
  Harness harness({fake_device()}, options);
  ASSERT_TRUE(harness.engine.start());
  const auto start = Deadline::Clock::now();
  for (int i = 0; i < 10; ++i) harness.ask("plain " + std::to_string(i));
  EXPECT_LT(Deadline::Clock::now() - start, milliseconds(2'000));
}

// Whatever a family throws costs its own text only.
TEST(Engine, AThrowingExtractionFailsItsOwnTextOnly) {
  Harness harness({fake_device()});
  ASSERT_TRUE(harness.engine.start());
  for (const char* where : {"begin", "next", "feed", "result"}) {
    const auto beside = harness.submit("plain beside");
    EXPECT_EQ(code_of(harness.ask(std::string("throw:") + where + " x")), "internal") << where;
    EXPECT_EQ(state_of(*beside->wait(late())), expected_answer("plain beside"));
  }
  harness.queue.close();
  harness.engine.stop();
  EXPECT_EQ(harness.queue.not_answered_once(), 0u);
}

TEST(EngineStop, DrainsAClosedQueue) {
  EngineOptions options;
  options.max_in_flight = 5;
  Harness harness({fake_device()}, options);
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 100; ++i) replies.push_back(harness.submit("plain " + std::to_string(i)));
  ASSERT_TRUE(harness.engine.start());
  harness.queue.close();
  harness.engine.stop();
  for (int i = 0; i < 100; ++i) {
    const auto result = replies[i]->wait(Deadline::after(milliseconds(0)));
    ASSERT_TRUE(result) << "stop() returned before text " << i << " was answered";
    EXPECT_EQ(state_of(*result), expected_answer("plain " + std::to_string(i)));
  }
}

TEST(EngineStop, WithoutPatienceAnswersTheRestUnavailable) {
  EngineOptions options;
  options.max_in_flight = 20;
  Harness harness({fake_device([](auto) {
                    std::this_thread::sleep_for(milliseconds(5));
                    return std::nullopt;
                  })},
                  options);
  ASSERT_TRUE(harness.engine.start());
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 300; ++i) replies.push_back(harness.submit("long " + std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return harness.engine.status().pending_queries > 100; }));
  harness.queue.close();
  harness.engine.stop(milliseconds(10));
  size_t unavailable = 0;
  for (auto& reply : replies) {
    const auto result = reply->wait(Deadline::after(milliseconds(0)));
    ASSERT_TRUE(result) << "something accepted went unanswered";
    unavailable += !*result && result->error().code == ErrorCode::unavailable;
  }
  EXPECT_GT(unavailable, 250u);
  EXPECT_EQ(harness.queue.not_answered_once(), 0u);
}

// An open queue may have other workers: a stopping engine leaves it alone, and the next one goes on with it.
TEST(EngineStop, LeavesAnOpenQueueToTheNext) {
  Gate gate;
  EngineOptions options;
  options.max_in_flight = 2;
  FakeMetrics metrics;
  AuditQueue queue;
  const auto family = std::make_shared<FakeFamily>();
  Engine first(family, {fake_device([&](auto) {
                 gate.pass();
                 return std::nullopt;
               })},
               queue, options);
  ASSERT_TRUE(first.start());
  std::vector<std::unique_ptr<Reply>> replies;
  for (int i = 0; i < 10; ++i) replies.push_back(queue.submit(text_job("one " + std::to_string(i))).value());
  ASSERT_TRUE(eventually([&] { return queue.stats().in_flight == 2; }));
  std::thread stopper([&] { first.stop(); });
  std::this_thread::sleep_for(milliseconds(150));
  gate.open();
  stopper.join();
  EXPECT_EQ(queue.stats().in_flight, 0u);
  EXPECT_EQ(queue.stats().depth, 8u);
  Engine second(family, {fake_device()}, queue, options);
  ASSERT_TRUE(second.start());
  for (auto& reply : replies) EXPECT_TRUE(reply->wait(late())->has_value());
}

TEST(EngineStop, SubmissionsDuringStopAreRefusedOrAnswered) {
  for (int round = 0; round < 10; ++round) {
    Harness harness({fake_device(), fake_device()});
    ASSERT_TRUE(harness.engine.start());
    std::atomic<int> answered = 0, refused = 0;
    std::vector<std::thread> callers;
    for (int t = 0; t < 3; ++t) {
      callers.emplace_back([&, t] {
        for (int i = 0; refused <= t; ++i) {
          auto reply = harness.queue.submit(text_job("plain " + std::to_string(i)));
          if (!reply) {
            ++refused;
          } else {
            ASSERT_EQ(state_of(*(*reply)->wait(late())), expected_answer("plain " + std::to_string(i)));
            ++answered;
          }
        }
      });
    }
    std::this_thread::sleep_for(milliseconds(5));
    harness.queue.close();
    harness.engine.stop();
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(harness.queue.taken(), static_cast<size_t>(answered));
    EXPECT_EQ(harness.queue.not_answered_once(), 0u);
  }
}

int threads_now() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "Threads:") return status >> word, std::stoi(word);
  }
  return -1;
}

TEST(EngineStop, AHundredRestartsLeaveNothingBehind) {
  const int before = threads_now();
  const auto family = std::make_shared<FakeFamily>();
  for (int i = 0; i < 100; ++i) {
    AuditQueue queue;
    Engine engine(family, {fake_device(), fake_device()}, queue, {});
    ASSERT_TRUE(engine.start());
    const auto reply = queue.submit(text_job("plain " + std::to_string(i))).value();
    ASSERT_EQ(state_of(*reply->wait(late())), expected_answer("plain " + std::to_string(i)));
    queue.close();
    if (i % 2 == 0) engine.stop();
    ASSERT_EQ(queue.not_answered_once(), 0u);
  }
  EXPECT_TRUE(eventually([&] { return threads_now() == before; }));
}

}  // namespace
}  // namespace uie::testing_support
