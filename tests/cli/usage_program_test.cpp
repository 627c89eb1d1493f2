#include <gtest/gtest.h>

#include "program.h"

namespace uie::test {
namespace {

TEST(Usage, WrongUsageIsStatusTwo) {
  EXPECT_EQ(run_program({}).status, 2);
  EXPECT_EQ(run_program({"nonsense"}).status, 2);
  EXPECT_EQ(run_program({"serve", "--port", "many"}).status, 2);
  EXPECT_EQ(run_program({"extract", "--no-such-flag"}).status, 2);
}

TEST(Usage, HelpAndVersionAreStatusZero) {
  const auto help = run_program({"serve", "--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* word : {"--max-body-bytes", "8388608", "bytes", "UIE_PORT"}) {
    EXPECT_NE(help.out.find(word), std::string::npos) << word;
  }
  const auto version = run_program({"--version"});
  EXPECT_EQ(version.status, 0);
  for (const char* word : {"libtorch", "CUDA", "cpp-httplib"})
    EXPECT_NE(version.out.find(word), std::string::npos) << word;
}

TEST(Usage, AModelThatIsNotThereIsOneClearLineAndStatusOne) {
  const auto result = run_program({"extract", "--model", "/nowhere", "--log-level", "off"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(split_lines(result.err).size(), 1u) << result.err;
  EXPECT_NE(result.err.find("/nowhere"), std::string::npos) << result.err;
}

TEST(Usage, DevicesSaysWhatRunsAndWhy) {
  const auto result = run_program({"devices"});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* word : {"cpu", "threads", "profile", "libtorch", "CUDA"})
    EXPECT_NE(result.out.find(word), std::string::npos) << word;
}

TEST(Usage, ConvertWritesAModelThatGivesTheSameAnswers) {
  TempDir dir;
  const auto converted = run_program({"convert", default_model().string(), (dir / "fp32").string(), "--dtype", "fp32"});
  ASSERT_EQ(converted.status, 0) << converted.err;
  const std::string line = R"({"id":1,"text":"王小明在北京大学读书。","schema":{"人物":null,"组织机构":null}})"
                           "\n";
  const auto before = run_program({"extract"}, line),
             after = run_program({"extract", "--model", (dir / "fp32").string()}, line);
  EXPECT_NE(before.out.find("王小明"), std::string::npos) << before.out << before.err;
  EXPECT_EQ(before.out, after.out);
}

}  // namespace
}  // namespace uie::test
