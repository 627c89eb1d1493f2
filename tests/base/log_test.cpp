#include "uie/base/log.h"

#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace uie {
namespace {

class LogTest : public testing::Test {
 protected:
  void start(std::string_view level, std::string_view format) {
    init_log(level, format);
    testing::internal::CaptureStderr();
  }

  static std::vector<std::string> lines() {
    std::istringstream captured(testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(captured, line);) lines.push_back(line);
    return lines;
  }

  ~LogTest() override { init_log("info", "text"); }
};

TEST_F(LogTest, JsonLinesAreValidWhateverTheMessage) {
  start("debug", "json");
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
  const LogRequest request("id \"quoted\"\n" + every_byte);
  log_info("plain 人物 😀");
  log_warn("quote \" backslash \\ line\nbreak {} %v");
  log_error(every_byte);
  log_debug("cut \xE4\xBA, overlong \xC0\xAF, surrogate \xED\xA0\x80, beyond \xF4\x90\x80\x80");
  const auto got = lines();
  ASSERT_EQ(got.size(), 4u);
  for (const auto& line : got) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object()) << line;
    EXPECT_EQ(json["request_id"].get<std::string>().rfind("id \"quoted\"\n", 0), 0u);
    EXPECT_TRUE(json.contains("time") && json.contains("level") && json.contains("message"));
  }
  EXPECT_EQ(nlohmann::json::parse(got[0])["message"], "plain 人物 😀");
  EXPECT_EQ(nlohmann::json::parse(got[1])["message"], "quote \" backslash \\ line\nbreak {} %v");
}

TEST_F(LogTest, RequestIdNestsAndEnds) {
  start("info", "json");
  log_info("0");
  {
    const LogRequest outer("a");
    log_info("1");
    {
      const LogRequest inner("b");
      log_info("2");
    }
    log_info("3");
    std::thread([] { log_info("4"); }).join();
  }
  log_info("5");
  std::vector<std::string> ids;
  for (const auto& line : lines()) ids.push_back(nlohmann::json::parse(line).value("request_id", ""));
  EXPECT_EQ(ids, (std::vector<std::string>{"", "a", "b", "a", "", ""}));
}

TEST_F(LogTest, OneMessageIsOnePlainLine) {
  start("info", "text");
  const LogRequest request("x\n2026-01-01 error forged");
  log_info("one\r\ntwo");
  const auto got = lines();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NE(got[0].find("one\\u000d\\u000atwo request=x\\u000a"), std::string::npos) << got[0];
}

TEST_F(LogTest, LevelCutsAndUnknownMeansInfo) {
  start("warn", "text");
  log_info("no");
  log_warn("yes");
  EXPECT_EQ(lines().size(), 1u);
  start("nonsense", "text");
  EXPECT_FALSE(log_enabled(LogLevel::debug));
  EXPECT_TRUE(log_enabled(LogLevel::info));
  lines();
  start("off", "text");
  log_error("no");
  EXPECT_TRUE(lines().empty());
}

}  // namespace
}  // namespace uie
