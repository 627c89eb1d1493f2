// The encoder against plain eager libtorch code: same model, same threads, same run, alternating; medians and ratios.
//
//   encoder_bench [--model models/default] [--golden real/golden.jsonl.xz] [--threads 0] [--rounds 7] [--mixed-rounds
//   3] [--siamese-rounds 0] [--search-rounds 0]
//
// The last part is a random SiameseUIE of base size (6 + 6 layers; 3 GB of memory) on texts and prompts of random ids,
// each text new to the caches: mixed lengths against the reference path; then whole searches with nine paths on two
// levels against the published loop (published_siamese.h). The eager code is the reference path: one query at a time,
// unpadded, position tables projected in each pass, as published. 0 rounds leave a part out. Queries are those of real
// texts in the golden file, prompts included.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/published_siamese.h"
#include "model/bert_encoder.h"
#include "model/bert_reference.h"
#include "model/cpu/bert_cpu.h"
#include "model/cpu_setup.h"
#include "model/golden_queries.h"
#include "model/pointer_encoder.h"
#include "uie/model/encoder.h"

namespace uie {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string model = std::string(UIE_SOURCE_DIR) + "/models/default";
  std::string golden = "real/golden.jsonl.xz";
  int threads = 0, rounds = 7, mixed_rounds = 3, siamese_rounds = 0, search_rounds = 0;
};

// How many queries each call gets; the last number goes on.
using Calls = std::vector<size_t>;
const Calls kOneByOne = {1}, kAllInOne = {SIZE_MAX};

struct Contender {
  std::string name;
  std::unique_ptr<Encoder> encoder;
  Calls calls;
};

std::vector<QueryResult> run(Encoder& encoder, std::span<const Query* const> batch) {
  auto results = encoder.run(batch);
  if (results) return std::move(*results);
  std::fprintf(stderr, "%s\n", results.error().message.c_str());
  std::exit(1);
}

std::vector<QueryResult> run_calls(const Contender& contender, std::span<const Query* const> queries) {
  std::vector<QueryResult> all;
  for (size_t call = 0; !queries.empty(); ++call) {
    const size_t wanted = contender.calls[std::min(call, contender.calls.size() - 1)];
    const size_t count = std::min(wanted, queries.size());
    for (QueryResult& result : run(*contender.encoder, queries.first(count))) all.push_back(std::move(result));
    queries = queries.subspan(count);
  }
  return all;
}

double seconds(const Contender& contender, const std::vector<Query>& queries) {
  std::vector<const Query*> batch;
  for (const Query& query : queries) batch.push_back(&query);
  // The threads of the BLAS spin for a while after their last product; they must not take the next one's cores.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto start = Clock::now();
  run_calls(contender, batch);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

using MakeQueries = std::function<std::vector<Query>()>;

// The first contender is the peer: the others' ratios are to it, median of each against median of the peer. Each round
// has queries of its own, the same for all contenders and alike in size.
void compare(const std::string& title, const std::vector<Contender>& contenders, const MakeQueries& make, int rounds) {
  if (rounds < 1) return;
  size_t tokens = 0;
  std::vector<Query> queries = make();
  for (const Query& query : queries) tokens += cost(query).tokens;
  std::printf("\n%s: %zu queries, %zu tokens, %d rounds\n", title.c_str(), queries.size(), tokens, rounds);
  std::vector<std::vector<double>> times(contenders.size());
  for (int round = -1; round < rounds; ++round, queries = make()) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      const double time = seconds(contenders[i], queries);
      if (round >= 0) times[i].push_back(time);  // the first round warms up
    }
  }
  for (size_t i = 0; i < contenders.size(); ++i) {
    const double time = median(times[i]);
    std::printf("  %-34s %9.2f ms  %8.0f tokens/s  %5.2fx\n", contenders[i].name.c_str(), time * 1e3,
                static_cast<double>(tokens) / time, median(times[0]) / time);
  }
}

std::unique_ptr<Encoder> load(const Arguments& arguments, const char* dtype, bool reference) {
  EncoderOptions options;
  options.threads = arguments.threads;
  options.dtype = dtype;
  options.reference = reference;
  auto encoder = load_encoder(arguments.model, options);
  if (encoder) return std::move(*encoder);
  std::printf("%s: %s\n", dtype, encoder.error().message.c_str());
  return nullptr;
}

// The text loses tokens from its end, the last [SEP] stays.
LinkQuery cut(LinkQuery query, size_t length) {
  const int32_t sep = query.ids.back();
  for (auto* numbers : {&query.ids, &query.segments, &query.positions, &query.groups, &query.slots}) {
    numbers->resize(length);
  }
  query.ids.back() = sep;
  query.probes.clear();
  return query;
}

std::vector<Contender> contenders(const Arguments& arguments, bool batched) {
  std::vector<Contender> all;
  const auto add = [&](const char* name, const char* dtype, bool reference, bool in_one) {
    if (auto encoder = load(arguments, dtype, reference))
      all.push_back({name, std::move(encoder), in_one ? kAllInOne : kOneByOne});
  };
  add("eager libtorch, one at a time", "fp32", true, false);
  add("ours fp32, one at a time", "fp32", false, false);
  if (batched) add("ours fp32, one packed batch", "fp32", false, true);
  add("ours bf16, one at a time", "bf16", false, false);
  if (batched) add("ours bf16, one packed batch", "bf16", false, true);
  return all;
}

void bench(const Arguments& arguments) {
  std::vector<Query> mixed, single;
  for (const auto& golden : test::golden_queries(arguments.golden)) {
    mixed.emplace_back(golden.query);
    if (single.empty() && golden.query.ids.size() >= 64) single.emplace_back(cut(golden.query, 64));
  }
  const auto singles = contenders(arguments, false);
  const EncoderInfo& info = singles.at(0).encoder->info();
  std::printf("%s; %d layers x %d, %zu parameters\n", info.device_name.c_str(), info.layers, info.hidden,
              info.parameters);
  compare(
      "one text of 64 tokens", singles, [&] { return single; }, arguments.rounds);
  compare(
      "mixed lengths", contenders(arguments, true), [&] { return mixed; }, arguments.mixed_rounds);
}

// Texts and prompts of random ids in the sizes of real ones.
class RandomPointers {
 public:
  std::vector<int32_t> ids(size_t count) {
    std::vector<int32_t> ids(count);
    for (int32_t& id : ids) id = std::uniform_int_distribution<int32_t>(0, 21'127)(random_);
    return ids;
  }

  // Every text is asked by every prompt.
  std::vector<Query> operator()(const std::vector<size_t>& texts, size_t prompts) {
    std::vector<Query> queries;
    for (const size_t length : texts) {
      const std::vector<int32_t> text = ids(length);
      for (size_t i = 0; i < prompts; ++i) {
        queries.emplace_back(PointerQuery{text, ids(5 + i % 4 * 3), static_cast<int32_t>(length)});
      }
    }
    return queries;
  }

  model::LinearWeights linear(size_t out, size_t in) { return {numbers(out * in), numbers(out)}; }
  model::NormWeights norm(size_t size) { return {std::vector<float>(size, 1), std::vector<float>(size, 0)}; }
  std::vector<float> numbers(size_t count) {
    std::vector<float> numbers(count);
    for (float& number : numbers) number = std::uniform_real_distribution<float>(-0.05F, 0.05F)(random_);
    return numbers;
  }

 private:
  std::mt19937 random_{20231121};
};

model::BertConfig base_config() {
  model::BertConfig config;
  config.vocab_size = 21'128;
  config.hidden = 768;
  config.heads = 12;
  config.intermediate = 3'072;
  return config;
}

model::BertWeights base_weights(RandomPointers& random) {
  model::BertWeights weights;
  weights.word_embeddings = random.numbers(21'128 * 768);
  weights.position_embeddings = random.numbers(512 * 768);
  weights.token_type_embeddings = random.numbers(2 * 768);
  weights.embedding_norm = random.norm(768);
  for (auto* layers : {&weights.lower, &weights.upper}) {
    for (int i = 0; i < 6; ++i) {
      layers->push_back({random.linear(768, 768), random.linear(768, 768), random.linear(768, 768),
                         random.linear(768, 768), random.norm(768), random.linear(3'072, 768),
                         random.linear(768, 3'072), random.norm(768)});
    }
  }
  weights.head = random.linear(1, 768);
  weights.tail = random.linear(1, 768);
  return weights;
}

// A random SiameseUIE of base size, whoever runs it.
class SiameseBench {
 public:
  explicit SiameseBench(const Arguments& arguments) {
    options_.threads = arguments.threads;
    threads_ = model::choose_threads(options_);
  }

  void mixed_lengths(int rounds) {
    if (rounds < 1) return;
    const std::vector<size_t> lengths = {18, 27, 41, 46, 63, 92, 150, 276};
    std::vector<Contender> all;
    all.push_back(contender("eager libtorch, one at a time", eager(), kOneByOne));
    all.push_back(contender("ours fp32, one at a time", ours(model::cpu::Dtype::fp32), kOneByOne));
    add_ours(all, kAllInOne, "one packed batch");
    const auto mixed = [&] { return random_(lengths, 2); };
    check_equal(all, mixed());
    compare("SiameseUIE base, mixed lengths, two prompts each", all, mixed, rounds);
  }

  // Every item of the first level is found once: nine labels with one below each, three labels with three.
  void searches(int rounds) {
    if (rounds < 1) return;
    search("SiameseUIE base, a search with 9 x 1 labels", {9, 1}, {9, 9}, rounds);
    search("SiameseUIE base, a search with 3 x 3 labels", {3, 3}, {3, 9}, rounds);
  }

 private:
  void search(const std::string& title, const Calls& nodes, const Calls& levels, int rounds) {
    std::vector<Contender> all;
    all.push_back(contender("the published loop, node by node", published(), nodes));
    add_ours(all, levels, "level by level");
    const auto queries = [&] { return random_({64}, levels[0] + levels[1]); };
    check_equal(all, queries());
    compare(title + ", 64 tokens", all, queries, rounds);
  }

  void add_ours(std::vector<Contender>& all, const Calls& calls, const std::string& how) {
    all.push_back(contender("ours fp32, " + how, ours(model::cpu::Dtype::fp32), calls));
    if (!model::cpu::has_bf16(model::cpu::best_isa())) return;
    all.push_back(contender("ours bf16, " + how, ours(model::cpu::Dtype::bf16), calls));
  }

  std::unique_ptr<model::PointerModel> eager() const {
    return std::make_unique<model::BertReference>(config_, weights_, threads_);
  }
  std::unique_ptr<model::PointerModel> published() const {
    return std::make_unique<PublishedSiamese>(config_, weights_, threads_);
  }
  std::unique_ptr<model::PointerModel> ours(model::cpu::Dtype dtype) const {
    const auto cpu_options = model::cpu_options(options_, dtype, threads_);
    return std::make_unique<model::cpu::BertCpu>(config_, weights_, cpu_options, options_.lower_half_cache_bytes);
  }
  Contender contender(std::string name, std::unique_ptr<model::PointerModel> model, Calls calls) const {
    return {std::move(name), make_pointer_encoder(std::move(model), query_limits(config_), {}), std::move(calls)};
  }

  // Speed counts only where the logits are the same.
  static void check_equal(const std::vector<Contender>& all, const std::vector<Query>& queries) {
    std::vector<const Query*> batch;
    for (const Query& query : queries) batch.push_back(&query);
    const auto wanted = run_calls(all[0], batch), given = run_calls(all[1], batch);
    float most = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const auto &a = std::get<PointerScores>(wanted[i]).head, &b = std::get<PointerScores>(given[i]).head;
      for (size_t token = 0; token < a.size(); ++token) most = std::max(most, std::abs(a[token] - b[token]));
    }
    if (most < 1e-3F) return;
    std::fprintf(stderr, "the logits differ by %g\n", static_cast<double>(most));
    std::exit(1);
  }

  EncoderOptions options_;
  int threads_ = 1;
  RandomPointers random_;
  const model::BertConfig config_ = base_config();
  const model::BertWeights weights_ = base_weights(random_);
};

Arguments parse(int count, char** words) {
  Arguments arguments;
  const std::map<std::string, std::function<void(const char*)>> flags = {
      {"--model", [&](const char* text) { arguments.model = text; }},
      {"--golden", [&](const char* text) { arguments.golden = text; }},
      {"--threads", [&](const char* text) { arguments.threads = std::atoi(text); }},
      {"--rounds", [&](const char* text) { arguments.rounds = std::atoi(text); }},
      {"--mixed-rounds", [&](const char* text) { arguments.mixed_rounds = std::atoi(text); }},
      {"--siamese-rounds", [&](const char* text) { arguments.siamese_rounds = std::atoi(text); }},
      {"--search-rounds", [&](const char* text) { arguments.search_rounds = std::atoi(text); }}};
  for (int i = 1; i + 1 < count; i += 2) {
    const auto flag = flags.find(words[i]);
    if (flag == flags.end()) {
      std::fprintf(stderr, "unknown flag %s\n", words[i]);
      std::exit(1);
    }
    flag->second(words[i + 1]);
  }
  return arguments;
}

}  // namespace
}  // namespace uie

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const uie::Arguments arguments = uie::parse(count, words);
  if (arguments.rounds > 0 || arguments.mixed_rounds > 0) uie::bench(arguments);
  if (arguments.siamese_rounds < 1 && arguments.search_rounds < 1) return 0;
  uie::SiameseBench siamese(arguments);
  siamese.mixed_lengths(arguments.siamese_rounds);
  siamese.searches(arguments.search_rounds);
}
