// Windows, prompts and answers against the reference's, without an encoder: logits are made up so that each prompt
// finds what the golden answer says it found. Items of inner labels that led nowhere stand in no answer; they are not
// found.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "extract/siamese_case.h"
#include "extract/siamese_extraction.h"

namespace uie::test {
namespace {

using Ids = std::vector<int32_t>;

// Tokens of `text` in their frame; [CLS] and [SEP] stand at [0, 0).
std::vector<Token> framed(const Tokenizer& tokenizer, const Text& text, size_t max_tokens = SIZE_MAX) {
  std::vector<Token> tokens = tokenizer.encode(text);
  tokens.resize(std::min(tokens.size(), max_tokens - 2));
  tokens.insert(tokens.begin(), {tokenizer.special().cls, 0, 0});
  tokens.push_back({tokenizer.special().sep, 0, 0});
  return tokens;
}

Ids ids_of(const std::vector<Token>& tokens) {
  Ids ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

class AnswerPlayer {
 public:
  AnswerPlayer(const Tokenizer& tokenizer, const SiameseCase& c)
      : tokenizer_(tokenizer), tokens_(framed(tokenizer, c.task.text)) {
    const Json* before = nullptr;
    for (const Json& path : c.result()) {
      std::string prefix;
      for (const Json& item : path) {
        const auto label = item.at("type").get<std::string>();
        const auto offset = item.at("offset").get<std::pair<uint32_t, uint32_t>>();
        size_t& count = found_[prompt_ids(prefix + label + ": ")][offset];
        const bool again = before != nullptr && *before == path && &item == &path.back();
        count = again ? count + 1 : std::max<size_t>(count, 1);
        prefix += label + ": " + item.at("span").get<std::string>() + ", ";
      }
      before = &path;
    }
  }

  // The window begins at token `begin`.
  PointerScores answer(const PointerQuery& query, size_t begin) const {
    const size_t length = query.text_ids.size();
    PointerScores scores{std::vector<float>(length, -9), std::vector<float>(length, -9)};
    const auto found = found_.find(query.hint_ids);
    if (found == found_.end()) return scores;
    for (const auto& [head, tail] : pairs(found->second)) {
      if (head >= begin && head < begin + length) scores.head[head - begin] = 9;
      if (tail >= begin && tail < begin + length) scores.tail[tail - begin] = 9;
    }
    return scores;
  }

  Ids text_ids() const { return ids_of(tokens_); }

 private:
  using Counts = std::map<std::pair<uint32_t, uint32_t>, size_t>;  // items by offset

  Ids prompt_ids(const std::string& prompt) const {
    return ids_of(framed(tokenizer_, Text::from_utf8(prompt).value(), 128));
  }

  // Tokens that begin and end the items; each head once.
  std::map<size_t, size_t> pairs(const Counts& counts) const {
    std::map<size_t, size_t> pairs;
    for (const auto& [offset, count] : counts) {
      size_t left = count;
      for (size_t head = 0; head < tokens_.size() && left > 0; ++head) {
        if (tokens_[head].begin != offset.first || pairs.contains(head)) continue;
        size_t tail = head;
        while (tail < tokens_.size() && tokens_[tail].end != offset.second) ++tail;
        if (tail == tokens_.size()) continue;
        pairs[head] = tail;
        --left;
      }
    }
    return pairs;
  }

  const Tokenizer& tokenizer_;
  const std::vector<Token> tokens_;
  std::map<Ids, Counts> found_;  // by prompt
};

struct Asked {
  std::map<Ids, size_t> prompts;  // windows of each
  std::map<Ids, size_t> windows;  // first token by ids; prompts ask for the windows in order
};

class SiameseGoldenPlan : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    family_ = load_family(siamese_dir(GetParam()), ExtractOptions{}).value();
    cases_ = siamese_cases(GetParam());
  }

  Asked play(const SiameseCase& c, Extraction& extraction) const {
    const AnswerPlayer player(family_->tokenizer(), c);
    const Ids text_ids = player.text_ids();
    Asked asked;
    for (size_t number = 0; !extraction.done();) {
      for (const Query& query : extraction.next()) {
        const auto& pointer = std::get<PointerQuery>(query);
        const size_t begin = asked.windows.try_emplace(pointer.text_ids, asked.windows.size() * 352).first->second;
        const size_t length = std::min<size_t>(384, text_ids.size() - begin);
        const auto first = text_ids.begin() + static_cast<std::ptrdiff_t>(begin);
        EXPECT_EQ(pointer.text_ids, Ids(first, first + static_cast<std::ptrdiff_t>(length)));
        EXPECT_EQ(static_cast<size_t>(pointer.hint_position), std::min<size_t>(384, text_ids.size()));
        ++asked.prompts[pointer.hint_ids];
        EXPECT_TRUE(extraction.feed(number++, player.answer(pointer, begin)));
      }
    }
    const size_t tokens = text_ids.size();
    EXPECT_EQ(asked.windows.size(), tokens <= 384 ? 1 : (tokens - 384 + 351) / 352 + 1);
    for (const auto& [ids, windows] : asked.prompts) EXPECT_EQ(windows, asked.windows.size()) << "once in every window";
    return asked;
  }

  std::shared_ptr<const Family> family_;
  std::vector<SiameseCase> cases_;
};

bool has_levels(const SiameseCase& c) {
  const auto& labels = c.task.schema->children;
  return std::any_of(labels.begin(), labels.end(), [](const SchemaNode& label) { return !label.is_leaf(); });
}

TEST_P(SiameseGoldenPlan, WindowsPromptsAndAnswersAreTheReferences) {
  size_t levels = 0, deeper_prompts = 0;
  for (const SiameseCase& c : cases_) {
    SCOPED_TRACE(c.id);
    const auto extraction = family_->begin(c.task);
    const Asked asked = play(c, *extraction);
    const bool all_items_known = !has_levels(c) || c.task.options.output_all_prefix;
    const size_t prompts = dynamic_cast<const SiameseExtraction&>(*extraction).reference_prompts();
    EXPECT_LE(prompts, c.prompts());
    EXPECT_TRUE(prompts == c.prompts() || !all_items_known) << prompts;
    const Extracted answer = extraction->result();
    EXPECT_FALSE(answer.truncated);
    EXPECT_EQ(native(answer, c.task.text), c.result());
    levels += has_levels(c) && !answer.chains.empty();
    if (!c.json.contains("queries")) continue;
    EXPECT_EQ(ids_of(framed(family_->tokenizer(), c.task.text)), c.json["text_ids"].get<Ids>());
    for (const Json& query : c.json["queries"]) {
      Ids ids = query["prompt_ids"].get<Ids>();
      ids.resize(query["prompt_mask_ones"].get<size_t>());
      const bool is_asked = asked.prompts.contains(ids);
      const bool is_deeper = query["prompt"].get<std::string>().find(", ") != std::string::npos;
      EXPECT_TRUE(is_asked || (is_deeper && !all_items_known)) << query["prompt"];
      deeper_prompts += is_asked && is_deeper;
    }
  }
  EXPECT_GT(levels, 5u);
  EXPECT_GT(deeper_prompts, 10u);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, SiameseGoldenPlan, testing::ValuesIn(kSiameseCheckpoints));

}  // namespace
}  // namespace uie::test
