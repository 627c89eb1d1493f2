// uie jobs: the dead letters of a fleet.
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/runtime.h"
#include "uie/base/log.h"

namespace uie::cli {
namespace {

struct JobsCommand {
  RedisOptions redis;
  std::string model, id;
  bool all = false;

  int list();
  int change(Result<size_t> (*act)(const RedisOptions&, const std::string&, const std::string&), const char* done);
  bool has_redis() const;
};

std::string utc(int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool JobsCommand::has_redis() const {
  init_log("warn", "text");
  if (!redis.url.empty()) return true;
  start_failure({ErrorCode::invalid_request, "which Redis? Give --redis URL or set UIE_REDIS", ""});
  return false;
}

// One a line, tab separated; no text of the user's.
int JobsCommand::list() {
  if (!has_redis()) return kWrongUsage;
  const auto letters = list_dead_letters(redis, model);
  if (!letters) return start_failure(letters.error());
  for (const DeadLetter& letter : *letters) {
    std::printf("%s\t%s\t%s\t%s\t%zu\t%s\n", letter.id.c_str(), letter.model.c_str(), utc(letter.died_ms).c_str(),
                letter.request_id.c_str(), letter.characters, letter.error.c_str());
  }
  return 0;
}

int JobsCommand::change(Result<size_t> (*act)(const RedisOptions&, const std::string&, const std::string&),
                        const char* done) {
  if (!has_redis()) return kWrongUsage;
  if (id.empty() != all) {
    start_failure({ErrorCode::invalid_request, "which job? Give its id (see `uie jobs list`), or --all", ""});
    return kWrongUsage;
  }
  const auto count = act(redis, model, id);
  if (!count) return start_failure(count.error());
  if (*count == 0 && !all) return start_failure({ErrorCode::not_found, "there is no dead job of this id", id});
  std::printf("%s %zu\n", done, *count);
  return 0;
}

}  // namespace

void add_jobs(CLI::App& app, int& status) {
  auto command = std::make_shared<JobsCommand>();
  CLI::App* jobs = app.add_subcommand("jobs", "jobs that a fleet has given up, because their workers died");
  jobs->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* sub = jobs->add_subcommand(name, help);
    bind_redis_options(*sub, command->redis);
    sub->add_option("--model", command->model, "of this model alone");
    return sub;
  };
  const auto which = [&](CLI::App* sub) {
    sub->add_option("id", command->id, "the id that `uie jobs list` shows");
    sub->add_flag("--all", command->all, "all of them");
  };
  add("list", "id, model, when, request id, code points, error: one a line, tab separated")
      ->callback([command, &status] { status = command->list(); });
  CLI::App* requeue = add("requeue", "put a job back into its queue; its caller has gone, what it costs is paid again");
  which(requeue);
  requeue->callback([command, &status] { status = command->change(requeue_dead_letters, "requeued"); });
  CLI::App* drop = add("drop", "forget a job");
  which(drop);
  drop->callback([command, &status] { status = command->change(drop_dead_letters, "dropped"); });
}

}  // namespace uie::cli
