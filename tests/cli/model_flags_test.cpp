#include "cli/model_flags.h"

#include <gtest/gtest.h>

namespace uie::cli {
namespace {

TEST(ModelFlags, NamesAndDirectories) {
  const auto models = parse_model_flags({"models/a", "b=models/b/", "c-1.x_=/data/x=1/c"});
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 3u);
  EXPECT_EQ((*models)[0].name, "default");
  EXPECT_EQ((*models)[0].dir, "models/a");
  EXPECT_EQ((*models)[1].name, "b");
  EXPECT_EQ((*models)[1].dir, "models/b");
  EXPECT_EQ((*models)[2].name, "c-1.x_");
  EXPECT_EQ((*models)[2].dir, "/data/x=1/c");
  EXPECT_EQ(parse_model_flags({"/data/x=1/c"})->front().dir, "/data/x=1/c");
}

TEST(ModelFlags, RefusalsNameTheFlag) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"a", "=b"}, "--model =b: the name before '=' is empty"},
      {{"a="}, "--model a=: the directory is empty"},
      {{"a b=c"}, "--model a b=c: a model's name is"},
      {{std::string(65, 'x') + "=c"}, "a model's name is"},
      {{"a=one", "b=two", "a=three"}, "--model a=three: the name 'a' is already that of one"},
      {{"one", "two"}, "--model two: the name 'default' is already that of one"},
      {{"one", "default=two"}, "already that of one"},
  };
  for (const auto& [flags, message] : cases) {
    const auto models = parse_model_flags(flags);
    ASSERT_FALSE(models) << message;
    EXPECT_NE(models.error().message.find(message), std::string::npos) << models.error().message;
  }
}

}  // namespace
}  // namespace uie::cli
