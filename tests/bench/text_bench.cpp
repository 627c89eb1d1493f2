// Text and tokenisers on real Chinese: bytes a second on one core.
//
//   text_bench [Google Benchmark flags] [FILE]     FILE: UTF-8; without it the real texts of tests/data/tokenizer
//
// `whole`: all of it as one text. `requests`: pieces of about 1.5 KB, as requests bring them.
#include <cstdio>

#include <benchmark/benchmark.h>

#include "../text/golden_lines.h"
#include "uie/text/tokenizer.h"

namespace {

using namespace uie;

std::string shipped_text() {
  std::string text;
  for (const nlohmann::json& line : golden_lines("tokenizer/tokenizer-public.jsonl.xz")) {
    if (line["cat"] == "real") text += line["text"].get<std::string>() + "\n";
  }
  return text;
}

std::vector<std::string> cut(const std::string& text, size_t bytes) {
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(begin + bytes, text.size());
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

std::vector<Text> texts_of(const std::vector<std::string>& pieces) {
  std::vector<Text> texts;
  for (const std::string& piece : pieces) texts.push_back(Text::from_utf8(piece).value());
  return texts;
}

size_t total_bytes(const std::vector<std::string>& pieces) {
  size_t bytes = 0;
  for (const std::string& piece : pieces) bytes += piece.size();
  return bytes;
}

void set_bytes(benchmark::State& state, const std::vector<std::string>& pieces) {
  state.SetBytesProcessed(static_cast<int64_t>(total_bytes(pieces)) * static_cast<int64_t>(state.iterations()));
}

void from_utf8(benchmark::State& state, const std::vector<std::string>& pieces) {
  for (auto _ : state) {
    for (const std::string& piece : pieces) benchmark::DoNotOptimize(Text::from_utf8(piece));
  }
  set_bytes(state, pieces);
}

void encode(benchmark::State& state, const std::vector<std::string>& pieces, const Tokenizer& tokenizer) {
  const std::vector<Text> texts = texts_of(pieces);
  size_t tokens = 0;
  for (auto _ : state) {
    for (const Text& text : texts) tokens += tokenizer.encode(text).size();
  }
  set_bytes(state, pieces);
  state.counters["tokens"] = benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

void from_utf8_and_encode(benchmark::State& state, const std::vector<std::string>& pieces, const Tokenizer& tokenizer) {
  for (auto _ : state) {
    for (const std::string& piece : pieces) {
      benchmark::DoNotOptimize(tokenizer.encode(Text::from_utf8(piece).value()));
    }
  }
  set_bytes(state, pieces);
}

void load(benchmark::State& state, const std::string& dir) {
  for (auto _ : state) benchmark::DoNotOptimize(load_tokenizer(test_data(dir)).value());
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string text = argc > 1 ? read_bytes(argv[1]) : shipped_text();
  if (!is_valid_utf8(text)) return std::fprintf(stderr, "%s is not UTF-8\n", argv[1]), 1;
  for (const auto& [name, pieces] : {std::pair{"whole", std::vector{text}}, std::pair{"requests", cut(text, 1500)}}) {
    const std::string suffix = std::string("/") + name;
    benchmark::RegisterBenchmark(("from_utf8" + suffix).c_str(), from_utf8, pieces);
    for (const std::string model : {"official", "bert", "spm"}) {
      static std::vector<std::shared_ptr<const Tokenizer>> tokenizers;
      const Tokenizer& tokenizer = *tokenizers.emplace_back(load_tokenizer(test_data("tokenizer/" + model)).value());
      const auto add = [&, &pieces = pieces](const std::string& what, auto run) {
        benchmark::RegisterBenchmark(
            (what + "/" + model + suffix).c_str(),
            [run, pieces, &tokenizer](benchmark::State& state) { run(state, pieces, tokenizer); });
      };
      add("encode", encode);
      add("from_utf8_and_encode", from_utf8_and_encode);
    }
  }
  for (const std::string model : {"official", "bert", "spm"}) {
    benchmark::RegisterBenchmark(("load/" + model).c_str(), load, "tokenizer/" + model)->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
