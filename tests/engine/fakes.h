// A family and an encoder without a model, whose answers show every mistake of the machinery between them.
//
// The encoder's result is a hash of the query; an extraction asks for queries made from a state, folds the results into
// the state, in the order of their numbers, and answers with it after some levels. A result that is lost, doubled, or
// given to another text or slot changes the answer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "uie/engine/engine.h"
#include "uie/extract/family.h"
#include "uie/model/encoder.h"
#include "uie/queue/job_queue.h"

namespace uie::testing_support {

inline uint64_t mix(uint64_t a, uint64_t b) {
  a ^= b + 0x9E3779B97F4A7C15ull + (a << 6) + (a >> 2);
  return (a ^ (a >> 29)) * 0xBF58476D1CE4E5B9ull;
}

inline uint64_t hash_of(const std::vector<int32_t>& ids) {
  uint64_t hash = ids.size();
  for (const int32_t id : ids) hash = mix(hash, static_cast<uint32_t>(id));
  return hash;
}

constexpr int32_t kPoison = 666;  // an id no ordinary query holds

inline bool is_poisoned(const Query& query) {
  const auto* link = std::get_if<LinkQuery>(&query);
  return link && link->ids.front() == kPoison;
}

inline size_t tokens_of(std::span<const Query* const> batch) {
  size_t tokens = 0;
  for (const Query* query : batch) tokens += cost(*query).tokens;
  return tokens;
}

inline LinkQuery link_query(std::vector<int32_t> ids) {
  LinkQuery query;
  const size_t length = ids.size();
  query.ids = std::move(ids);
  for (auto* column : {&query.segments, &query.positions, &query.groups, &query.slots}) column->resize(length);
  return query;
}

// What the fake encoder says to a query.
inline QueryResult encoded(const Query& query) {
  if (const auto* link = std::get_if<LinkQuery>(&query)) {
    return LinkHits{{}, {static_cast<float>(hash_of(link->ids) % 1'000'003)}};
  }
  const auto& pointer = std::get<PointerQuery>(query);
  return PointerScores{{static_cast<float>(hash_of(pointer.text_ids) % 1'000'003)},
                       {static_cast<float>(hash_of(pointer.hint_ids) % 1'000'003)}};
}

class FakeEncoder final : public Encoder {
 public:
  // Called before each run, on the device's thread: may wait, throw, or give the error of this run.
  using Script = std::function<std::optional<Error>(std::span<const Query* const>)>;

  explicit FakeEncoder(Script script, std::string device = "cpu", int threads = 1) : script_(std::move(script)) {
    info_.device = std::move(device);
    info_.threads = threads;
  }

  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    if (script_) {
      if (auto error = script_(batch)) return Unexpected(std::move(*error));
    }
    std::vector<QueryResult> results;
    for (const Query* query : batch) results.push_back(encoded(*query));
    counts_.text_passes += batch.size();
    return results;
  }

  const EncoderInfo& info() const override { return info_; }
  LowerHalfCounts lower_half() const override { return counts_; }

 private:
  Script script_;
  LowerHalfCounts counts_;
  EncoderInfo info_;
};

inline Engine::EncoderFactory fake_device(FakeEncoder::Script script = {}, std::string device = "cpu") {
  return [=]() -> Result<std::unique_ptr<Encoder>> { return std::make_unique<FakeEncoder>(script, device); };
}

// Texts steer it: "plain …" has up to 4 levels of up to 5 queries, "one …" is a single short query, "long …" one level
// of 200 queries, "huge …" a single query of 3,000 tokens, "poison …" as plain with a poisoned query on the first
// level, "none …" asks for nothing. "throw:begin …" and so on throw there.
class FakeExtraction final : public Extraction {
 public:
  explicit FakeExtraction(const Text& text) : kind_(text.bytes().substr(0, text.bytes().find(' '))) {
    for (const char c : text.bytes()) state_ = mix(state_, static_cast<unsigned char>(c));
    levels_ = kind_ == "none" ? 0 : kind_ == "one" || kind_ == "long" || kind_ == "huge" ? 1 : 1 + state_ % 4;
    maybe_throw("begin");
  }

  std::vector<Query> next() override {
    maybe_throw("next");
    if (waiting_ > 0 || level_ == levels_) return {};
    std::mt19937_64 random(state_);
    std::vector<Query> queries;
    const size_t count = kind_ == "one" || kind_ == "huge" ? 1 : kind_ == "long" ? 200 : 1 + random() % 5;
    for (size_t i = 0; i < count; ++i) queries.push_back(make_query(random));
    if (kind_ == "poison" && level_ == 0) queries[0] = link_query({kPoison, 1});
    first_ += results_.size();
    results_.assign(count, 0);
    waiting_ = count;
    return queries;
  }

  Result<void> feed(size_t query, QueryResult result) override {
    maybe_throw("feed");
    if (query < first_ || query - first_ >= results_.size() || results_[query - first_] != 0) {
      return fail(ErrorCode::internal, "no such query, or fed twice");
    }
    results_[query - first_] = 1 + value(result);
    if (--waiting_ > 0) return {};
    for (const uint64_t one : results_) state_ = mix(state_, one);
    ++level_;
    return {};
  }

  bool done() const override { return level_ == levels_; }

  Extracted result() override {
    maybe_throw("result");
    Extracted answer;
    answer.chains = {{Item{"state", std::to_string(state_), 0, 0, 1}}};
    return answer;
  }

 private:
  Query make_query(std::mt19937_64& random) const {
    std::vector<int32_t> ids(kind_ == "huge" ? 3'000 : kind_ == "one" ? 4 : 1 + random() % 64);
    for (int32_t& id : ids) id = static_cast<int32_t>(1'000 + random() % 10'000);
    if (kind_ != "plain" || random() % 4 != 0) return link_query(std::move(ids));
    return PointerQuery{ids, {static_cast<int32_t>(random() % 99)}, 0};
  }

  static uint64_t value(const QueryResult& result) {
    if (const auto* hits = std::get_if<LinkHits>(&result)) return static_cast<uint64_t>(hits->probes.at(0));
    const auto& scores = std::get<PointerScores>(result);
    return mix(static_cast<uint64_t>(scores.head.at(0)), static_cast<uint64_t>(scores.tail.at(0)));
  }

  void maybe_throw(const char* where) const {
    if (kind_ == std::string("throw:") + where) throw std::bad_alloc();
  }

  const std::string kind_;
  uint64_t state_ = 1;
  size_t level_ = 0, levels_ = 0, waiting_ = 0, first_ = 0;
  std::vector<uint64_t> results_;  // of this level, plus one; 0: not fed
};

class NoTokenizer final : public Tokenizer {
 public:
  std::vector<Token> encode(const Text&) const override { return {}; }
  const SpecialTokens& special() const override { return special_; }
  size_t vocab_size() const override { return 0; }
  std::string_view piece(int32_t) const override { return {}; }

 private:
  SpecialTokens special_;
};

class FakeFamily final : public Family {
 public:
  std::string name() const override { return "fake"; }
  const Tokenizer& tokenizer() const override { return tokenizer_; }
  uint32_t max_length() const override { return 4'096; }
  std::unique_ptr<Extraction> begin(Task task) const override { return std::make_unique<FakeExtraction>(task.text); }

 private:
  NoTokenizer tokenizer_;
};

// The answer that one thread without any engine gives.
inline std::string expected_answer(const std::string& text) {
  FakeExtraction extraction(Text::from_utf8(text).value());
  size_t number = 0;
  for (auto queries = extraction.next(); !queries.empty(); queries = extraction.next()) {
    for (const Query& query : queries) {
      if (!extraction.feed(number++, encoded(query))) return "the extraction refused a result";
    }
  }
  return extraction.result().chains[0][0].span;
}

inline std::string state_of(const JobResult& result) {
  if (!result) return std::string(to_string(result.error().code)) + ": " + result.error().message;
  return result->chains.at(0).at(0).span;
}

// Holds who passes until it is opened.
class Gate {
 public:
  void open() { open_ = true, open_.notify_all(); }
  void pass() {
    ++arrived_, arrived_.notify_all();
    open_.wait(false);
  }
  void await_arrival() { arrived_.wait(0); }

 private:
  std::atomic<bool> open_ = false;
  std::atomic<int> arrived_ = 0;
};

}  // namespace uie::testing_support
