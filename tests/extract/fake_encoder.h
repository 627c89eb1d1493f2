// Encoders without weights, for testing extraction, engine and server without libtorch.
//
//   ScriptedEncoder encoder(tokenizer);
//   encoder.find("人物", "高圆圆").find("公司", "龙腾物流", "人物: 高圆圆");
//   auto results = encoder.run(batch);
//
// HashEncoder: a score matrix that depends on nothing but the query itself, about `density` of it above 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "uie/model/encoder.h"
#include "uie/text/tokenizer.h"

namespace uie::test {

// Answers LinkQueries from score(query, row, col) = Z[row, col].
class FakeEncoder : public Encoder {
 public:
  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    std::vector<QueryResult> results;
    for (const Query* query : batch) results.emplace_back(answer(std::get<LinkQuery>(*query)));
    queries_ += batch.size();
    ++batches_;
    return results;
  }

  const EncoderInfo& info() const override { return info_; }

  size_t queries() const { return queries_; }
  size_t batches() const { return batches_; }

  LinkHits answer(const LinkQuery& query) {
    prepare(query);
    LinkHits hits;
    const auto length = static_cast<uint32_t>(query.ids.size());
    for (uint32_t row = 0; row < length; ++row) {
      for (uint32_t col = 0; col < length; ++col) {
        const float logit = score(query, row, col);
        if (logit > 0) hits.links.push_back({row, col, logit, score(query, col, row)});
      }
    }
    for (const Cell cell : query.probes) hits.probes.push_back(score(query, cell.row, cell.col));
    return hits;
  }

 protected:
  // Called before the scores of a query are asked.
  virtual void prepare(const LinkQuery&) {}
  virtual float score(const LinkQuery& query, uint32_t row, uint32_t col) const = 0;

 private:
  EncoderInfo info_{"fake", "cpu", "no device", "fp32", 0, 0, 0, 0, 0, 0};
  size_t queries_ = 0, batches_ = 0;
};

class HashEncoder final : public FakeEncoder {
 public:
  explicit HashEncoder(uint64_t seed = 1, double density = 0.05) : seed_(seed), density_(density) {}

 protected:
  void prepare(const LinkQuery& query) override {
    hash_ = seed_;
    for (const auto* numbers : {&query.ids, &query.positions, &query.groups, &query.slots}) {
      for (const int32_t number : *numbers) hash_ = mix(hash_ ^ static_cast<uint32_t>(number));
    }
  }

  float score(const LinkQuery&, uint32_t row, uint32_t col) const override {
    const uint64_t bits = mix(hash_ ^ (uint64_t{row} << 32 | col));
    const double uniform = static_cast<double>(bits >> 11) * 0x1p-53;
    return static_cast<float>((uniform - (1 - density_)) * 8);
  }

 private:
  static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  uint64_t seed_, hash_ = 0;
  double density_;
};

// Finds what it was told to find: for a label, every occurrence of a word in the text.
class ScriptedEncoder final : public FakeEncoder {
 public:
  explicit ScriptedEncoder(std::shared_ptr<const Tokenizer> tokenizer, float logit = 4)
      : tokenizer_(std::move(tokenizer)), logit_(logit) {}

  // `under`: only where this stands in the prefix of the label ("label: span", or a part of it); empty: everywhere.
  // `logit`: of all three links.
  ScriptedEncoder& find(const std::string& label, const std::string& word, const std::string& under = {},
                        float logit = 0) {
    rules_.push_back({ids(label), ids(word), ids(under), logit == 0 ? logit_ : logit});
    return *this;
  }

 protected:
  void prepare(const LinkQuery& query) override {
    const auto length = static_cast<uint32_t>(query.ids.size());
    scores_.assign(size_t{length} * length, -logit_);
    const auto text =
        static_cast<uint32_t>(std::find(query.segments.begin(), query.segments.end(), 1) - query.segments.begin());
    std::vector<int32_t> prefix;
    for (uint32_t i = 0; i < text; ++i) {
      if (query.groups[i] == 0) continue;
      if (query.slots[i] == 0) {
        if (query.ids[i] == tokenizer_->special().prefix) prefix.clear();
        prefix.push_back(query.ids[i]);
      } else if (query.slots[i] != query.slots[i - 1]) {
        apply(query, i, prefix, text);
      }
    }
  }

  float score(const LinkQuery& query, uint32_t row, uint32_t col) const override {
    return scores_[row * query.ids.size() + col];
  }

 private:
  struct Rule {
    std::vector<int32_t> label, word, under;
    float logit;
  };

  std::vector<int32_t> ids(const std::string& text) const {
    std::vector<int32_t> ids;
    for (const Token& token : tokenizer_->encode(Text::from_utf8(text).value())) ids.push_back(token.id);
    return ids;
  }

  void apply(const LinkQuery& query, uint32_t type, const std::vector<int32_t>& prefix, uint32_t text) {
    uint32_t end = type + 1;
    while (query.slots[end] == query.slots[type] && query.groups[end] == query.groups[type]) ++end;
    const std::vector<int32_t> label(query.ids.begin() + type + 1, query.ids.begin() + end);
    for (const Rule& rule : rules_) {
      const bool fits = std::search(prefix.begin(), prefix.end(), rule.under.begin(), rule.under.end()) != prefix.end();
      if (rule.label == label && (fits || rule.under.empty())) link_words(query, rule, type, text);
    }
  }

  void link_words(const LinkQuery& query, const Rule& rule, uint32_t type, uint32_t text) {
    const auto size = static_cast<uint32_t>(rule.word.size());
    for (uint32_t head = text; head + size < query.ids.size(); ++head) {
      if (!std::equal(rule.word.begin(), rule.word.end(), query.ids.begin() + head)) continue;
      const uint32_t tail = head + size - 1;
      for (const auto& [row, col] : {std::pair{head, tail}, std::pair{head, type}, std::pair{type, tail}}) {
        scores_[row * query.ids.size() + col] = rule.logit;
        scores_[col * query.ids.size() + row] = rule.logit;  // what classification reads
      }
    }
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  float logit_;
  std::vector<Rule> rules_;
  std::vector<float> scores_;  // [L, L] of the prepared query
};

}  // namespace uie::test
