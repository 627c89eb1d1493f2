#include "cli/options.h"

#include <cctype>
#include <sstream>

namespace uie::cli {
namespace {

template <class T>
std::string value_text(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<T, bool>) {
    out << (value ? "true" : "false");
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    out << value.string();
  } else {
    out << value;
  }
  return out.str();
}

struct SettingsVisitor {
  std::vector<std::pair<std::string, std::string>> settings;

  void group(const char*) {}
  template <class T>
  void operator()(const T& member, const OptionInfo& info) {
    settings.emplace_back(info.flag, info.secret ? "***" : value_text(member));
  }
};

struct MarkdownVisitor {
  std::string table = "| flag | environment | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n";

  void group(const char* name) { table += std::string("| **") + name + "** | | | | |\n"; }
  template <class T>
  void operator()(const T& member, const OptionInfo& info) {
    const std::string value = value_text(member);
    table += std::string("| `--") + info.flag + "` | `" + environment_name(info.flag) + "` | " +
             (value.empty() ? "" : "`" + value + "`") + " | " + info.unit + " | " + info.help + " |\n";
  }
};

}  // namespace

std::string environment_name(std::string_view flag) {
  std::string name = "UIE_";
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

void bind_engine_options(CLI::App& app, Options& options) { options.visit_engine(FlagBinder(app)); }
void bind_redis_options(CLI::App& app, RedisOptions& options) {
  FlagBinder binder(app);
  binder.group("Redis");
  options.visit(binder);
}
void bind_all_options(CLI::App& app, Options& options) { options.visit_all(FlagBinder(app)); }

std::vector<std::pair<std::string, std::string>> effective_settings(Options& options) {
  SettingsVisitor visitor;
  options.visit_all(visitor);
  return std::move(visitor.settings);
}

std::string options_markdown() {
  Options defaults;
  MarkdownVisitor visitor;
  defaults.visit_all(visitor);
  return std::move(visitor.table);
}

}  // namespace uie::cli
