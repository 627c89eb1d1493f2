// Planning and decoding, what a planner thread does beside the tokeniser: begin() with the first queries, and feed()
// with results as dense as a trained model gives them, and far denser.
#include <benchmark/benchmark.h>

#include "extract/drive.h"
#include "extract/fake_encoder.h"
#include "uie/extract/family.h"

namespace {

using namespace uie;

const std::string kSchema =
    R"j({"组织机构":{"注册资本(数字)":null,"创始人(人物)":null,"董事长(人物)":null,"总部地点(地理位置)":null},)j"
    R"j("人物":null,"地理位置":null,"时间":null})j";

std::shared_ptr<const Family> family() {
  return load_family(std::string(UIE_SOURCE_DIR) + "/tests/data/rex/ck_base", ExtractOptions{}).value();
}

std::string text_of(size_t characters) {
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += i % 7 == 3 ? "人" : i % 5 == 2 ? "，" : "京";
  return text;
}

// Argument: code points of the text.
void BeginAndPlan(benchmark::State& state) {
  const auto rex = family();
  const Task task = test::make_task(text_of(static_cast<size_t>(state.range(0))), kSchema);
  for (auto _ : state) {
    auto extraction = rex->begin(task);
    benchmark::DoNotOptimize(extraction->next());
  }
}
BENCHMARK(BeginAndPlan)->Arg(64)->Arg(450)->Arg(100'000)->Unit(benchmark::kMicrosecond);

// Arguments: code points of the text, links in a thousand cells.
void Feed(benchmark::State& state) {
  const auto rex = family();
  const Task task = test::make_task(text_of(static_cast<size_t>(state.range(0))), kSchema);
  test::HashEncoder encoder(1, static_cast<double>(state.range(1)) / 1000);
  auto planned = rex->begin(task);
  const LinkHits hits = encoder.answer(std::get<LinkQuery>(planned->next().at(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto extraction = rex->begin(task);
    benchmark::DoNotOptimize(extraction->next());
    QueryResult result = hits;
    state.ResumeTiming();
    benchmark::DoNotOptimize(extraction->feed(0, std::move(result)));
  }
  state.counters["links"] = static_cast<double>(hits.links.size());
}
BENCHMARK(Feed)->Args({64, 1})->Args({450, 1})->Args({450, 20})->Args({450, 200})->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
