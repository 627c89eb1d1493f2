// The engine's own cost a query, with an encoder that does nothing, and whole extractions of real texts with the real
// encoder, by batch budget. Texts a second and queries a second; the real one also beside the same texts driven one
// query at a time without an engine.
#include <deque>

#include <benchmark/benchmark.h>

#include "engine/fakes.h"
#include "uie/engine/engine.h"
#ifdef UIE_HAS_MODEL
#include "extract/drive.h"
#include "extract/golden_case.h"
#endif

namespace uie {
namespace {

using testing_support::fake_device;
using testing_support::FakeFamily;

// Runs `tasks` through the engine with so many in flight.
void run_all(JobQueue& queue, const std::vector<Task>& tasks, size_t window) {
  std::deque<std::unique_ptr<Reply>> waiting;
  const auto collect = [&] {
    if (!waiting.front()->wait(Deadline::never())->has_value()) throw std::runtime_error("a text failed");
    waiting.pop_front();
  };
  for (const Task& task : tasks) {
    if (waiting.size() == window) collect();
    Job job;
    job.task = task;
    waiting.push_back(queue.submit(std::move(job)).value());
  }
  while (!waiting.empty()) collect();
}

void report(benchmark::State& state, size_t texts, uint64_t queries, uint64_t batches) {
  const double runs = static_cast<double>(state.iterations());
  state.counters["texts/s"] = benchmark::Counter(runs * static_cast<double>(texts), benchmark::Counter::kIsRate);
  state.counters["queries/s"] = benchmark::Counter(static_cast<double>(queries), benchmark::Counter::kIsRate);
  state.counters["queries/batch"] = static_cast<double>(queries) / static_cast<double>(std::max<uint64_t>(batches, 1));
}

// Arguments: planners, texts in flight.
void BM_NullEncoder(benchmark::State& state) {
  auto queue = make_in_process_queue({});
  EngineOptions options;
  options.planners = static_cast<int>(state.range(0));
  Engine engine(std::make_shared<FakeFamily>(), {fake_device()}, *queue, options);
  if (!engine.start()) return state.SkipWithError("start");
  std::vector<Task> tasks;
  for (int i = 0; i < 2'000; ++i) {
    tasks.push_back({Text::from_utf8("plain " + std::to_string(i)).value(), std::make_shared<SchemaNode>(), {}, {}});
  }
  for (auto _ : state) run_all(*queue, tasks, static_cast<size_t>(state.range(1)));
  const auto device = engine.status().devices[0];
  report(state, tasks.size(), device.queries, device.batches);
}
BENCHMARK(BM_NullEncoder)->ArgsProduct({{1, 2, 4}, {1, 256}})->UseRealTime()->Unit(benchmark::kMillisecond);

#ifdef UIE_HAS_MODEL
std::filesystem::path model_dir() { return std::filesystem::path(UIE_SOURCE_DIR) / "models/default"; }

std::vector<Task> real_tasks() {
  std::vector<Task> tasks;
  for (auto& c : test::golden_cases("real/golden.jsonl.xz")) tasks.push_back(std::move(c.task));
  return tasks;
}

// Arguments: tokens of a batch, texts in flight.
void BM_RealTexts(benchmark::State& state) {
  auto family = load_family(model_dir(), {});
  if (!family) return state.SkipWithError("no default model");
  auto queue = make_in_process_queue({});
  EngineOptions options;
  options.max_batch_tokens = static_cast<size_t>(state.range(0));
  Engine engine(*family, {[] { return load_encoder(model_dir(), {}); }}, *queue, options);
  if (!engine.start()) return state.SkipWithError("start");
  const auto tasks = real_tasks();
  for (auto _ : state) run_all(*queue, tasks, static_cast<size_t>(state.range(1)));
  const auto device = engine.status().devices[0];
  report(state, tasks.size(), device.queries, device.batches);
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(device.tokens), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_RealTexts)
    ->ArgsProduct({{256, 512, 1'024, 2'048, 4'096}, {64}})
    ->Args({1'024, 1})
    ->UseRealTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void BM_RealTextsWithoutEngine(benchmark::State& state) {
  auto family = load_family(model_dir(), {});
  auto encoder = load_encoder(model_dir(), {});
  if (!family || !encoder) return state.SkipWithError("no default model");
  const auto tasks = real_tasks();
  for (auto _ : state) {
    for (const Task& task : tasks) benchmark::DoNotOptimize(test::drive_one(**family, task, **encoder));
  }
  report(state, tasks.size(), 0, 0);
}
BENCHMARK(BM_RealTextsWithoutEngine)->UseRealTime()->Iterations(1)->Unit(benchmark::kMillisecond);
#endif

}  // namespace
}  // namespace uie

BENCHMARK_MAIN();
