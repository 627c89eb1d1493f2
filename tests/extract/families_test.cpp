#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data_files.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_family.h"
#include "tar_files.h"
#include "uie/extract/family.h"
#include "uie/schema/json.h"

namespace uie::test {
namespace {

// Loads a folder that holds this config.json and nothing else.
Error error_with(const std::string& config) {
  const auto folder = std::filesystem::temp_directory_path() / ("uie-families-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config;
  const auto family = load_family(folder, ExtractOptions{});
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(family) << config;
  return family ? Error{} : family.error();
}

TEST(LoadFamily, KnowsRexUniNlu) {
  const auto family = load_family(data_file("rex/ck_base"), ExtractOptions{});
  ASSERT_TRUE(family) << family.error().message;
  EXPECT_EQ((*family)->name(), "rex-uninlu");
  EXPECT_EQ((*family)->max_length(), 512u);
  EXPECT_EQ((*family)->tokenizer().special().prefix, 12800);
}

TEST(LoadFamily, KnowsSiameseUie) {
  const auto family = load_family(data_file("siamese/c-cross7-smallvocab"), ExtractOptions{});
  ASSERT_TRUE(family) << family.error().message;
  EXPECT_EQ((*family)->name(), "siamese-uie");
  EXPECT_EQ((*family)->tokenizer().special().cls, 3);
}

TEST(LoadFamily, NamesWhatIsMissingAndWhatIsKnown) {
  const Error unknown = error_with(R"({"model_type": "gpt2"})");
  EXPECT_EQ(unknown.code, ErrorCode::unsupported);
  EXPECT_NE(unknown.message.find("\"gpt2\""), std::string::npos);
  EXPECT_NE(unknown.message.find("deberta-v2 (RexUniNLU), bert (SiameseUIE)"), std::string::npos) << unknown.message;
  for (const char* config : {"", "[]", "{\"model_type\": 3}", "{}", "\xff", "{\"model_type\": \"deberta-v2\"}"}) {
    const Error error = error_with(config);
    EXPECT_EQ(error.code, ErrorCode::corrupt_checkpoint) << config << ": " << error.message;
    EXPECT_FALSE(error.where.empty()) << config;
  }
  const auto nowhere = load_family("/nonexistent", ExtractOptions{});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().where, "/nonexistent/config.json");
}

// Of the published layout's variations and faults, the family sees those of config.json and of the vocabulary; the
// weights are the encoder's.
TEST(LoadFamily, SiameseFoldersBehaveAsExpected) {
  const auto folders = std::filesystem::temp_directory_path() / ("uie-siamese-" + std::to_string(getpid()));
  unpack("siamese/models.tar.xz", folders);
  size_t loaded = 0;
  const auto expected = parse_json(read_file(folders / "expected.json"), SchemaLimits{}).value();
  for (const Json& golden : expected.at("cases")) {
    const auto folder = golden.at("folder").get<std::string>();
    const auto family = load_family(folders / folder, ExtractOptions{});
    if (folder == "no_vocab" || folder == "no_config" || folder == "bad_config") {
      ASSERT_FALSE(family) << folder;
      EXPECT_EQ(golden.at("expect"), "error");
      EXPECT_EQ(family.error().code, ErrorCode::corrupt_checkpoint) << folder;
      EXPECT_NE(family.error().where.find(folder), std::string::npos) << family.error().where;
      if (folder == "no_vocab") {
        EXPECT_NE(family.error().message.find("vocab.txt"), std::string::npos);
      }
      continue;
    }
    EXPECT_TRUE(family) << folder << ": " << family.error().message;
    ++loaded;
  }
  EXPECT_EQ(loaded, 18u);
  std::filesystem::remove_all(folders);
}

class PlainTokenizer final : public Tokenizer {
 public:
  std::vector<Token> encode(const Text&) const override { return {}; }
  const SpecialTokens& special() const override { return special_; }
  size_t vocab_size() const override { return 5; }
  std::string_view piece(int32_t) const override { return {}; }

 private:
  const SpecialTokens special_{0, 3, 1, 2, 4, -1, -1, -1, -1};
};

TEST(RexFamily, NeedsTheFourAddedTokens) {
  const auto family = make_rex_family(std::make_shared<PlainTokenizer>(), ExtractOptions{});
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::corrupt_checkpoint);
}

}  // namespace
}  // namespace uie::test
