// All options of the program in one list: flags, environment, --help, --print-config and the README's table are
// visitors over it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "uie/base/option.h"
#include "uie/engine/engine.h"
#include "uie/extract/family.h"
#include "uie/model/encoder.h"
#include "uie/queue/batch_store.h"
#include "uie/queue/job_queue.h"
#include "uie/queue/redis.h"
#include "uie/schema/task.h"
#include "uie/server/server.h"

namespace uie::cli {

struct LogOptions {
  std::string level = "info";
  std::string format = "text";

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(level, OptionInfo{"log-level", "", "trace, debug, info, warn, error or off"});
    visitor(format, OptionInfo{"log-format", "", "text or json (one object a line), on stderr"});
  }
};

struct RoleOptions {
  std::string role = "all";

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(role, OptionInfo{"role", "",
                             "all; with --redis also frontend (HTTP, no model) or worker (models; HTTP only for health "
                             "and metrics)"});
  }
};

// The groups of options; a command takes those it needs.
struct Options {
  ServerOptions server;
  SchemaLimits limits;
  QueueOptions queue;
  BatchOptions batches;
  RoleOptions role;
  RedisOptions redis;
  EngineOptions engine;
  EncoderOptions encoder;
  ExtractOptions extract;
  LogOptions log;

  // Calls visitor.group(name), then visitor(member, info) for each option of it.
  template <class Visitor>
  void visit_engine(Visitor&& visitor) {
    visitor.group("Engine");
    engine.visit(visitor);
    encoder.visit(visitor);
    visitor.group("Limits");
    limits.visit(visitor);
    extract.visit(visitor);
    visitor.group("Log");
    log.visit(visitor);
  }
  template <class Visitor>
  void visit_all(Visitor&& visitor) {
    visitor.group("Server");
    server.visit(visitor);
    queue.visit(visitor);
    batches.visit(visitor);
    visitor.group("Fleet");
    role.visit(visitor);
    redis.visit(visitor);
    visit_engine(visitor);
  }
};

// "max-length" → "UIE_MAX_LENGTH".
std::string environment_name(std::string_view flag);

// Binds options to flags and environment variables of a command.
class FlagBinder {
 public:
  explicit FlagBinder(CLI::App& app) : app_(app) {}

  void group(const char* name) { group_ = name; }

  template <class T>
  void operator()(T& member, const OptionInfo& info) {
    const std::string flag = std::string("--") + info.flag;
    CLI::Option* option = nullptr;
    if constexpr (std::is_same_v<T, bool>) {
      option = app_.add_flag(flag + ",!--no-" + info.flag, member, info.help)->default_str(member ? "true" : "false");
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      option = app_.add_option_function<std::string>(
          flag, [&member](const std::string& value) { member = value; }, info.help);
      option->default_str(member.string())->type_name("PATH");
    } else {
      option = app_.add_option(flag, member, info.help)->capture_default_str();
    }
    if (info.unit[0] != '\0') option->type_name(info.unit);
    option->envname(environment_name(info.flag))->group(group_);
  }

 private:
  CLI::App& app_;
  std::string group_;
};

void bind_engine_options(CLI::App& app, Options& options);
void bind_redis_options(CLI::App& app, RedisOptions& options);
void bind_all_options(CLI::App& app, Options& options);

// (flag, value) of every option in list order; secrets are "***".
std::vector<std::pair<std::string, std::string>> effective_settings(Options& options);

// The README's table: flag, environment, default, unit, help.
std::string options_markdown();

}  // namespace uie::cli
