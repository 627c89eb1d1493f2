#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "program.h"

namespace uie::test {
namespace {

using Json = nlohmann::json;

// Feeds golden lines through the program: what comes out is the golden's own answer, bytes of the text aside.
void expect_golden(const std::string& file, const std::filesystem::path& model, const std::vector<std::string>& asked,
                   const std::vector<std::string>& answered) {
  std::string input;
  std::vector<Json> golden;
  for (const auto& line : xz_lines(file)) {
    golden.push_back(Json::parse(line));
    Json question;
    for (const auto& key : asked) {
      if (golden.back().contains(key)) question[key] = golden.back()[key];
    }
    input += question.dump() + "\n";
  }
  const auto result = run_program({"tokenize", "--model", model.string()}, input);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = split_lines(result.out);
  ASSERT_EQ(lines.size(), golden.size());
  size_t wrong = 0;
  for (size_t i = 0; i < lines.size() && wrong < 5; ++i) {
    const Json answer = Json::parse(lines[i]);
    for (const auto& key : answered) {
      if (golden[i].contains(key) && answer.value(key, Json()) != golden[i][key]) {
        ADD_FAILURE() << file << ":" << i + 1 << " " << key << "\n" << lines[i].substr(0, 400);
        ++wrong;
      }
    }
  }
}

TEST(TokenizeProgram, GoldenLinesThroughTheDefaultModelsVocabulary) {
  expect_golden("tokenizer/tokenizer-public-official-rex.jsonl.xz", default_model(), {"text"}, {"ids", "offsets"});
}

TEST(TokenizeProgram, GoldenWindows) {
  expect_golden("tokenizer/windows-public-official-rex.jsonl.xz", default_model(),
                {"hint", "text", "stride", "max_length", "truncation"}, {"windows", "error"});
}

}  // namespace
}  // namespace uie::test
