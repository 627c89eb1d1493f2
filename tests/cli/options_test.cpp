#include "cli/options.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace uie::cli {
namespace {

TEST(Options, TheReadmesTableIsTheList) {
  std::ifstream file(std::string(UIE_SOURCE_DIR) + "/README.md");
  const std::string readme((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(readme.find(options_markdown()), std::string::npos)
      << "put the output of `uie options-table` into README.md";
}

TEST(Options, EveryFlagIsThereOnceAndHasHelp) {
  Options options;
  std::set<std::string> flags;
  for (const auto& [flag, value] : effective_settings(options)) EXPECT_TRUE(flags.insert(flag).second) << flag;
  EXPECT_GT(flags.size(), 30u);
}

TEST(Options, EnvironmentNames) { EXPECT_EQ(environment_name("max-batch-tokens"), "UIE_MAX_BATCH_TOKENS"); }

TEST(Options, AFlagBeatsTheEnvironmentBeatsTheDefault) {
  const auto port_of = [](const std::vector<const char*>& arguments) {
    Options options;
    CLI::App app;
    bind_all_options(app, options);
    app.parse(static_cast<int>(arguments.size()), arguments.data());
    return options.server.port;
  };
  EXPECT_EQ(port_of({"uie"}), 7860);
  setenv("UIE_PORT", "1234", 1);
  EXPECT_EQ(port_of({"uie"}), 1234);
  EXPECT_EQ(port_of({"uie", "--port", "99"}), 99);
  unsetenv("UIE_PORT");
}

}  // namespace
}  // namespace uie::cli
