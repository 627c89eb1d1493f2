#include "cli/runtime.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/labelled_metrics.h"
#include "cli/poison.h"
#include "uie/queue/redis_fallback.h"

namespace uie::cli {
namespace {

namespace fs = std::filesystem;

// Looks beside the program and upwards, so that build/release/uie finds the tree it was built from.
fs::path find_upwards(const fs::path& relative) {
  std::error_code ignored;
  fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (int level = 0; level < 4 && !here.empty(); ++level, here = here.parent_path()) {
    if (fs::exists(here / relative, ignored)) return here / relative;
    if (fs::exists(here / "share/uie" / relative, ignored)) return here / "share/uie" / relative;
  }
  return {};
}

// Where the engine takes its jobs from.
Result<void> make_queue(LoadedModel& model, const Options& options, RedisFront* front) {
  if (options.redis.url.empty()) {
    model.queue = make_in_process_queue(options.queue, *model.metrics);
    return {};
  }
  auto worker = make_redis_worker(options.redis, model.name, *model.metrics);
  if (!worker) return Unexpected(worker.error());
  model.worker = worker->get();
  model.queue = *std::move(worker);
  model.falls_back = front != nullptr && options.redis.fallback;
  if (model.falls_back) {
    model.queue =
        make_redis_fallback(*front, front->queue(model.name), std::move(model.queue), options.queue, *model.metrics);
  }
  return {};
}

// What there is to announce, asked of the engine each time.
Presence::Card worker_card(const LoadedModel& model) {
  WorkerCard card;
  card.model = model.name;
  card.family = model.family->name();
  card.path_name = model.dir.filename().string();
  card.max_length = model.family->max_length();
  return [card, &engine = *model.engine]() -> std::optional<WorkerCard> {
    const EngineStatus status = engine.status();
    if (!status.ready) return std::nullopt;
    WorkerCard now = card;
    for (const DeviceStatus& device : status.devices) {
      now.dtype = device.info.dtype;
      now.device = device.info.device;
      now.parameters = device.info.parameters;
      now.memory_bytes += device.info.weight_bytes;
    }
    return now;
  };
}

}  // namespace

Result<LoadedModel> load_model(std::string name, const fs::path& dir, const Options& options, Metrics& metrics,
                               std::shared_ptr<Turns> turns, RedisFront* front) {
  const auto begin = std::chrono::steady_clock::now();
  auto family = load_family(dir, options.extract);
  if (!family) return Unexpected(family.error());
  LoadedModel model;
  model.name = std::move(name);
  model.dir = dir;
  model.family = with_poison(std::move(*family));
  model.metrics = std::make_unique<LabelledMetrics>(metrics, "model", model.name);
  if (auto made = make_queue(model, options, front); !made) return Unexpected(made.error());
  Engine::EncoderFactory make_encoder = [dir, encoder = options.encoder] { return load_encoder(dir, encoder); };
  if (turns) make_encoder = take_turns(std::move(make_encoder), std::move(turns));
  model.engine = std::make_unique<Engine>(model.family, std::vector<Engine::EncoderFactory>{std::move(make_encoder)},
                                          *model.queue, options.engine, *model.metrics);
  if (auto started = model.engine->start(); !started) return Unexpected(started.error());
  if (model.worker) model.presence = std::make_unique<Presence>(*model.worker, worker_card(model));
  model.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return model;
}

void stop_model(LoadedModel& model, std::chrono::milliseconds patience) {
  model.presence.reset();
  model.queue->close();
  model.engine->stop(patience);
}

fs::path default_model_dir() { return find_upwards("models/default"); }
fs::path default_web_dir() { return find_upwards("web"); }

int start_failure(const Error& error) {
  std::fprintf(stderr, "uie: %s%s%s%s\n", error.message.c_str(), error.where.empty() ? "" : " (", error.where.c_str(),
               error.where.empty() ? "" : ")");
  return 1;
}

}  // namespace uie::cli
