// What Redis costs: the same engine and model behind the in-process queue and behind Redis, in one run.
//
//   build/dev/queue_bench [MODEL_DIR [TEXTS [ROUNDS]]]     default: the tiny checkpoint tests/data/rex/ck_plain
//
// Texts a second at 256 in flight, and the median time of one text with one client. Rounds alternate; medians count.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "extract/golden_case.h"
#include "queue/redis_pair.h"
#include "queue/redis_server.h"
#include "uie/base/log.h"
#include "uie/engine/engine.h"

namespace uie {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Extracted answer_of(Reply& reply) {
  auto result = reply.wait(Deadline::never());
  if (!result->has_value()) {
    std::fprintf(stderr, "a text failed: %s\n", result->error().message.c_str());
    std::exit(1);
  }
  return **std::move(result);
}

class Setup {
 public:
  Setup(const char* name, std::unique_ptr<JobQueue> queue, const std::filesystem::path& model)
      : name_(name),
        queue_(std::move(queue)),
        engine_(load_family(model, {}).value(), {[model] { return load_encoder(model, {}); }}, *queue_, {}) {
    if (!engine_.start()) std::exit(1);
  }
  ~Setup() {
    queue_->close();
    engine_.stop();
  }

  // Texts a second with 256 in flight.
  void measure_rate(const std::vector<Task>& tasks) {
    std::deque<std::unique_ptr<Reply>> waiting;
    const auto collect = [&] {
      answer_of(*waiting.front());
      waiting.pop_front();
    };
    const auto begin = Clock::now();
    for (const Task& task : tasks) {
      if (waiting.size() == 256) collect();
      waiting.push_back(submit(task));
    }
    while (!waiting.empty()) collect();
    rates_.push_back(static_cast<double>(tasks.size()) / seconds_since(begin));
  }

  // The median of one text at a time, in ms.
  void measure_latency(const std::vector<Task>& tasks) {
    std::vector<double> times;
    for (size_t i = 0; i < std::min<size_t>(tasks.size(), 500); ++i) {
      const auto begin = Clock::now();
      answer_of(*submit(tasks[i]));
      times.push_back(seconds_since(begin) * 1e3);
    }
    latencies_.push_back(median(times));
  }

  double rate() const { return median(rates_); }
  double latency() const { return median(latencies_); }
  void print() const {
    std::printf("%-12s %9.1f texts/s at 256 in flight, p50 %.3f ms at one client\n", name_, rate(), latency());
  }

 private:
  std::unique_ptr<Reply> submit(const Task& task) {
    Job job;
    job.task = task;
    return queue_->submit(std::move(job)).value();
  }

  const char* const name_;
  const std::unique_ptr<JobQueue> queue_;
  Engine engine_;
  std::vector<double> rates_, latencies_;
};

std::vector<Task> some_tasks(size_t count) {
  const auto cases = test::golden_cases("real/golden.jsonl.xz");
  std::vector<Task> tasks;
  for (size_t i = 0; i < count; ++i) tasks.push_back(cases[i % cases.size()].task);
  return tasks;
}

int run(const std::filesystem::path& model, size_t texts, int rounds) {
  init_log("warn", "text");
  const auto tasks = some_tasks(texts);
  testing_support::RedisServer server;
  Setup in_process("in process", make_in_process_queue({}), model);
  Setup redis("redis", std::make_unique<testing_support::RedisPair>(server.options(), QueueOptions{}, no_metrics()),
              model);
  for (int round = 0; round < rounds; ++round) {
    for (Setup* setup : {&in_process, &redis}) {
      setup->measure_rate(tasks);
      setup->measure_latency(tasks);
    }
  }
  in_process.print();
  redis.print();
  std::printf("redis: %.1f %% of the throughput, %+.3f ms\n", 100 * redis.rate() / in_process.rate(),
              redis.latency() - in_process.latency());
  return 0;
}

}  // namespace
}  // namespace uie

int main(int argc, char** argv) {
  const std::filesystem::path model =
      argc > 1 ? argv[1] : std::filesystem::path(UIE_SOURCE_DIR) / "tests/data/rex/ck_plain";
  return uie::run(model, argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 2'000,
                  argc > 3 ? static_cast<int>(std::strtol(argv[3], nullptr, 10)) : 5);
}
