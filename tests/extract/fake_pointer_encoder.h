// Encoders of the SiameseUIE kind without weights.
//
//   ScriptedPointers encoder(tokenizer);
//   encoder.find("人物: ", "高圆圆").find("人物: 高圆圆, 公司: ", "龙腾物流");
//
// HashPointers: logits that depend on nothing but the query itself, about `density` of them above the threshold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "uie/model/encoder.h"
#include "uie/text/tokenizer.h"

namespace uie::test {

// Answers PointerQueries and remembers them.
class FakePointers : public Encoder {
 public:
  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    std::vector<QueryResult> results;
    for (const Query* query : batch) {
      const auto& pointer = std::get<PointerQuery>(*query);
      results.emplace_back(answer(pointer));
      asked_.push_back(pointer);
    }
    return results;
  }

  const EncoderInfo& info() const override { return info_; }

  virtual PointerScores answer(const PointerQuery& query) const = 0;

  const std::vector<PointerQuery>& asked() const { return asked_; }

 private:
  EncoderInfo info_{"fake", "cpu", "no device", "fp32", 0, 0, 0, 0, 0, 0};
  std::vector<PointerQuery> asked_;
};

class HashPointers final : public FakePointers {
 public:
  explicit HashPointers(uint64_t seed = 1, double density = 0.05) : seed_(seed), density_(density) {}

  PointerScores answer(const PointerQuery& query) const override {
    uint64_t hash = mix(seed_ ^ static_cast<uint32_t>(query.hint_position));
    for (const auto* ids : {&query.text_ids, &query.hint_ids}) {
      for (const int32_t id : *ids) hash = mix(hash ^ static_cast<uint32_t>(id));
    }
    PointerScores scores;
    for (size_t i = 0; i < query.text_ids.size(); ++i) {
      scores.head.push_back(logit(hash ^ (2 * i)));
      scores.tail.push_back(logit(hash ^ (2 * i + 1)));
    }
    return scores;
  }

 private:
  static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  float logit(uint64_t bits) const {
    const double uniform = static_cast<double>(mix(bits) >> 11) * 0x1p-53;
    return static_cast<float>(0.5 + (uniform - (1 - density_)) * 8);
  }

  uint64_t seed_;
  double density_;
};

// Finds what it was told to find: for a prompt, every occurrence of a word in the window.
class ScriptedPointers final : public FakePointers {
 public:
  explicit ScriptedPointers(std::shared_ptr<const Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}

  // "[CLS]" and "[SEP]" in `word` are those of the frame. `head`, `tail`: logits.
  ScriptedPointers& find(const std::string& prompt, const std::string& word, float head = 4, float tail = 4) {
    rules_.push_back({ids("[CLS]" + prompt + "[SEP]"), ids(word), head, tail});
    return *this;
  }

  PointerScores answer(const PointerQuery& query) const override {
    const std::vector<int32_t>& text = query.text_ids;
    PointerScores scores{std::vector<float>(text.size(), -4), std::vector<float>(text.size(), -4)};
    for (const Rule& rule : rules_) {
      if (rule.prompt != query.hint_ids) continue;
      for (auto at = text.begin();; ++at) {
        at = std::search(at, text.end(), rule.word.begin(), rule.word.end());
        if (at == text.end()) break;
        const auto head = static_cast<size_t>(at - text.begin());
        scores.head[head] = rule.head;
        scores.tail[head + rule.word.size() - 1] = rule.tail;
      }
    }
    return scores;
  }

 private:
  struct Rule {
    std::vector<int32_t> prompt, word;
    float head, tail;
  };

  std::vector<int32_t> ids(const std::string& text) const {
    std::vector<int32_t> ids;
    for (const Token& token : tokenizer_->encode(Text::from_utf8(text).value())) ids.push_back(token.id);
    return ids;
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<Rule> rules_;
};

}  // namespace uie::test
