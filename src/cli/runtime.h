// One loaded model: its family, its queue and the engine that runs it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/options.h"
#include "cli/presence.h"
#include "cli/shared_cpu.h"
#include "uie/base/metrics.h"

namespace uie::cli {

// Members in order of construction; destroyed in reverse, the engine before the queue it reads.
struct LoadedModel {
  std::string name;
  std::filesystem::path dir;
  double load_seconds = 0;
  std::shared_ptr<const Family> family;
  std::unique_ptr<Metrics> metrics;  // those of queue and engine, labelled model=name
  std::unique_ptr<JobQueue> queue;   // in process, or a worker's side of Redis
  RedisWorker* worker = nullptr;     // with Redis: the part of the queue that is a worker
  bool falls_back = false;           // the queue takes submissions too, and goes past Redis when it is away
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Presence> presence;  // with Redis: tells the fleet what the engine can do
};

// Loads and starts; with options.redis.url also tells the fleet. Errors are those of load_family, Engine::start and
// make_redis_worker.
// turns: what this model's encoder shares the CPU by; null when it is the only one.
// front: of the same process, for options.redis.fallback; must outlive the model.
Result<LoadedModel> load_model(std::string name, const std::filesystem::path& dir, const Options& options,
                               Metrics& metrics, std::shared_ptr<Turns> turns = nullptr, RedisFront* front = nullptr);

// Closes the queue, lets the engine finish what it has.
void stop_model(LoadedModel& model, std::chrono::milliseconds patience = std::chrono::milliseconds(30'000));

// The model directory when none is named: models/default beside the program, of the source tree, or installed.
// Empty when there is none.
std::filesystem::path default_model_dir();
// The same for the page.
std::filesystem::path default_web_dir();

// Prints "uie: MESSAGE (WHERE)" to stderr and gives exit status 1.
int start_failure(const Error& error);

}  // namespace uie::cli
