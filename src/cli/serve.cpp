// uie serve: builds the objects, connects them, waits for a signal, drains.
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>

#include "cli/commands.h"
#include "cli/fleet_service.h"
#include "cli/model_set.h"
#include "cli/prometheus_metrics.h"
#include "cli/service.h"
#include "uie/base/log.h"
#include "uie/server/server.h"

namespace uie::cli {
namespace {

// Blocks the signals for all threads that start later; wait() takes the first one. The second ends the process.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a client that went away is an error value, not the end
  }

  int wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
    return signal;
  }

 private:
  sigset_t set_;
};

struct ServeCommand {
  std::vector<std::string> models;  // [NAME=]DIR
  bool allow_partial = false;
  bool print_config = false;
  Options options;

  int run();

 private:
  bool has(const char* role) const { return options.role.role == role; }
  Result<void> check_role() const;
  Result<std::unique_ptr<BatchStore>> make_batches() const;
  // The default model where a role needs models and none was named.
  Result<std::vector<ModelFlag>> model_flags();
  int serve(const std::vector<ModelFlag>& flags, const StopSignal& stop_signal);
};

// The devices, each once; then what each model makes of its own.
void print_banner(const Service& service, const std::vector<ServedModel>& models, const std::string& host, int port) {
  const auto devices = service.devices();
  std::set<std::string> printed;
  for (const DeviceView& device : devices) {
    if (!printed.insert(device.device).second) continue;
    if (device.is_gpu) {
      std::printf("GPU detected: %s (%.0f GB)\n", device.name.c_str(), device.memory_total_mb / 1024);
    } else {
      std::printf("No GPU: running on the CPU (%s)\n", device.name.c_str());
    }
  }
  for (const ServedModel& model : models) {
    if (!model.loaded) std::printf("Model %s is missing: %s\n", model.name.c_str(), model.reason.c_str());
    for (const DeviceView& device : devices) {
      if (device.model != model.name) continue;
      const std::string whose = models.size() > 1 ? " for model " + model.name : "";
      std::printf("Using %s profile%s: %s, %zu tokens a batch (load time: %.2f s)\n", device.profile.c_str(),
                  whose.c_str(), device.dtype.c_str(), device.max_batch_tokens, model.loaded->load_seconds);
    }
  }
  const std::string shown = host == "127.0.0.1" || host == "0.0.0.0" ? "localhost" : host;
  std::printf("UI ready at http://%s:%d\n", shown.c_str(), port);
  std::printf("Tip: curl http://%s:%d/v1/extract -d '{\"text\":\"云南的省会是昆明\",\"schema\":{\"地理位置\":null}}'\n",
              shown.c_str(), port);
  std::fflush(stdout);
}

int ServeCommand::run() {
  init_log(options.log.level, options.log.format);
  if (print_config) {
    for (const auto& [flag, value] : effective_settings(options)) std::printf("%s = %s\n", flag.c_str(), value.c_str());
    return 0;
  }
  if (auto right = check_role(); !right) {
    start_failure(right.error());
    return kWrongUsage;
  }
  const StopSignal stop_signal;
  if (options.server.web_dir.empty()) options.server.web_dir = default_web_dir();
  const auto flags = model_flags();
  if (!flags) {
    const int status = start_failure(flags.error());
    return flags.error().code == ErrorCode::not_found ? status : kWrongUsage;
  }
  options.limits.max_json_bytes = options.server.max_body_bytes;
  return serve(*flags, stop_signal);
}

Result<void> ServeCommand::check_role() const {
  if (!has("all") && !has("frontend") && !has("worker"))
    return fail(ErrorCode::invalid_request, "the role is one of all, frontend and worker", "--role");
  if (!has("all") && options.redis.url.empty())
    return fail(ErrorCode::invalid_request, "a " + options.role.role + " needs Redis: give --redis URL", "--role");
  if (options.redis.fallback && (!has("all") || options.redis.url.empty()))
    return fail(ErrorCode::invalid_request, "only a process in all roles, with Redis, has something to fall back to",
                "--redis-fallback");
  return {};
}

Result<std::vector<ModelFlag>> ServeCommand::model_flags() {
  if (models.empty() && has("frontend")) return std::vector<ModelFlag>{};
  if (models.empty()) {
    models.push_back(default_model_dir().string());
    if (models.front().empty()) return fail(ErrorCode::not_found, "there is no default model; give one as --model DIR");
  }
  return parse_model_flags(models);
}

Result<std::unique_ptr<BatchStore>> ServeCommand::make_batches() const {
  if (options.redis.url.empty() || has("worker")) return make_memory_batch_store(options.batches);
  return make_redis_batch_store(options.redis, options.batches);
}

// Members of a process in order of construction; the front end outlives the server, the models what shows them.
int ServeCommand::serve(const std::vector<ModelFlag>& flags, const StopSignal& stop_signal) {
  PrometheusMetrics metrics;
  std::unique_ptr<RedisFront> front;
  if (!options.redis.url.empty() && !has("worker")) {
    auto made = make_redis_front(options.redis, options.queue, metrics);
    if (!made) return start_failure(made.error());
    front = *std::move(made);
  }
  auto batches = make_batches();
  if (!batches) return start_failure(batches.error());
  std::vector<ServedModel> served;
  std::unique_ptr<Service> service;
  if (has("frontend")) {
    const std::string first = flags.empty() ? "" : flags.front().name;
    service = std::make_unique<FleetService>(*front, **batches, first, metrics, effective_settings(options));
  } else {
    auto loaded = load_models(flags, options, allow_partial, metrics, front.get());
    if (!loaded) return start_failure(loaded.error());
    served = *std::move(loaded);
    service = std::make_unique<EngineService>(served, **batches, front.get(), metrics, effective_settings(options));
  }
  Server server(*service, options.server, options.limits, metrics);
  if (auto started = server.start(); !started) return start_failure(started.error());
  print_banner(*service, served, options.server.host, server.port());

  const int signal = stop_signal.wait();
  log_info(std::string(signal == SIGTERM ? "SIGTERM" : "SIGINT") + ": no new requests; answering those accepted");
  server.stop();
  if (front) front->close();
  stop_models(served);
  log_info("stopped");
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto command = std::make_shared<ServeCommand>();
  CLI::App* sub = app.add_subcommand("serve", "the HTTP server");
  sub->add_option("--model", command->models,
                  "[NAME=]DIR: a model directory; repeatable, the first is the default model")
      ->envname("UIE_MODEL")
      ->type_name("[NAME=]DIR");
  sub->add_flag("--allow-partial", command->allow_partial,
                "start although a model could not be loaded, as long as one could; requests for it get 503")
      ->envname("UIE_ALLOW_PARTIAL");
  sub->add_flag("--print-config", command->print_config, "print the effective options and end");
  bind_all_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
