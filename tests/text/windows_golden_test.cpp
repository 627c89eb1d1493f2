// Pair windows of the published fast tokeniser: ids, offsets, segments and its refusals.
#include <gtest/gtest.h>

#include "model_dir.h"

namespace uie {
namespace {

using Json = nlohmann::json;

Truncation truncation_of(const std::string& name) {
  if (name == "only_first") return Truncation::only_first;
  return name == "only_second" ? Truncation::only_second : Truncation::longest_first;
}

Result<std::vector<EncodedWindow>> encode(const Tokenizer& tokenizer, const Json& line) {
  const bool pair = !line["hint"].is_null();
  const Text hint = pair ? text_of(line["hint"]) : Text();
  return encode_pair(tokenizer, pair ? &hint : nullptr, text_of(line["text"]), line["max_length"], line["stride"],
                     truncation_of(line["truncation"]));
}

Json window_json(const EncodedWindow& window) {
  return {{"ids", window.ids}, {"offsets", window.offsets}, {"type_ids", window.type_ids}};
}

// [ids, offsets]
Json tokens_json(const std::vector<Token>& tokens) {
  Json ids = Json::array(), offsets = Json::array();
  for (const Token& token : tokens) {
    ids.push_back(token.id);
    offsets.push_back({token.begin, token.end});
  }
  return {ids, offsets};
}

void expect_windows(const Tokenizer& tokenizer, const std::string& file) {
  const std::vector<Json> lines = golden_lines("tokenizer/" + file);
  EXPECT_EQ(lines.size(), 263u);
  for (const Json& line : lines) {
    const auto windows = encode(tokenizer, line);
    if (!windows) {
      EXPECT_EQ(windows.error().message, line.value("error", "no error")) << line;
      EXPECT_EQ(windows.error().code, ErrorCode::invalid_request);
      continue;
    }
    Json out = Json::array();
    for (const EncodedWindow& window : *windows) out.push_back(window_json(window));
    EXPECT_EQ(out, line.value("windows", Json(line.value("error", "")))) << line;
  }
}

TEST(WindowsGolden, Bert) { expect_windows(*bert_tokenizer(), "windows-public.jsonl.xz"); }

TEST(WindowsGolden, OfficialWithRexSpecials) {
  expect_windows(*rex_tokenizer(), "windows-public-official-rex.jsonl.xz");
}

// The pairs of spec/rex.md §4 as extraction builds them: at most 512 tokens, the text alone is cut, all of it covered.
TEST(WindowsGolden, RexPairs) {
  const auto tokenizer = rex_tokenizer();
  const int32_t cls = tokenizer->special().cls, sep = tokenizer->special().sep;
  size_t checked = 0;
  for (const Json& line : golden_lines("tokenizer/rex.jsonl.xz")) {
    if (!line.contains("windows")) continue;
    ++checked;
    const std::vector<Token> hint = tokenizer->encode(text_of(line["hint"]));
    const std::vector<Token> text = tokenizer->encode(text_of(line["text"]));
    const auto room = static_cast<uint32_t>(512 - hint.size() - 3);
    const auto windows = token_windows(static_cast<uint32_t>(text.size()), room, line["stride"]);
    ASSERT_EQ(windows.size(), line["windows"].size()) << line;
    for (size_t i = 0; i < windows.size(); ++i) {
      std::vector<Token> tokens = {{cls, 0, 0}};
      tokens.insert(tokens.end(), hint.begin(), hint.end());
      tokens.push_back({sep, 0, 0});
      EXPECT_EQ(tokens.size(), line["windows"][i]["segments_from"]) << line;
      tokens.insert(tokens.end(), text.begin() + windows[i].begin, text.begin() + windows[i].end);
      tokens.push_back({sep, 0, 0});
      EXPECT_EQ(tokens_json(tokens), (Json{line["windows"][i]["ids"], line["windows"][i]["offsets"]})) << line;
    }
  }
  EXPECT_EQ(checked, 28u);
}

}  // namespace
}  // namespace uie
