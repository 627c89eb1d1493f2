// Redis Streams behind JobQueue: a front end submits to a model's stream, workers anywhere take from it.
//
// At least once: an entry is deleted in the transaction that stores its answer. Answered once: the first answer takes
// the job out of the table of live jobs, later ones find nothing. Keys and wire format: src/queue/redis_keys.h,
// redis_codec.h. Redis >= 6.2. Deadlines travel as wall-clock time: machines need synchronised clocks.
//
// Connections are blocking, one a thread; a lost one comes back by itself, with backoff. Threads: a front end has 2, a
// worker 3 a model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/metrics.h"
#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/queue/batch_store.h"
#include "uie/queue/job_queue.h"

namespace uie {

struct RedisOptions {
  std::string url;                      // redis://[user:password@]host[:port][/db] or unix:///path[?db=n]
  std::filesystem::path password_file;  // its first line is the password; beats the URL's
  std::string prefix = "uie";           // of every key: several fleets may share a Redis
  std::string instance;                 // empty: host and process id
  int claim_ms = 30'000;                // an entry whose worker has not renewed it for so long is given to another one
  int trials = 2;         // of a job taken over from the dead; when its worker died in each, it is given up
  bool fallback = false;  // of a process in all roles: see redis_fallback.h

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(url,
            OptionInfo{"redis", "URL",
                       "redis://[user:password@]host[:port][/db] or unix:///path[?db=n]: carry jobs through Redis; "
                       "empty: within the process",
                       true});
    visitor(password_file, OptionInfo{"redis-password-file", "",
                                      "file whose first line is Redis' password; beats the one in the URL"});
    visitor(prefix, OptionInfo{"redis-prefix", "", "begins every key, so that several fleets can share a Redis"});
    visitor(instance, OptionInfo{"instance", "",
                                 "this worker's name, one alive at a time; a restart under it takes up what it held; "
                                 "empty: host and process id"});
    visitor(claim_ms, OptionInfo{"redis-claim", "ms",
                                 "a job whose worker has been silent for so long is given to another one; >= 1000"});
    visitor(trials, OptionInfo{"redis-trials", "",
                               "how often a job whose worker died may run as the only suspect of another one; when "
                               "each died, it is given up"});
    visitor(fallback, OptionInfo{"redis-fallback", "",
                                 "with --role all: while Redis is away, answer from this process' own workers in the "
                                 "place of 503"});
  }
};

// What a worker says of the model it serves.
struct WorkerCard {
  std::string model, family, path_name, dtype, device;
  uint64_t parameters = 0, memory_bytes = 0;
  uint32_t max_length = 0;
};

// A model that workers have announced.
struct FleetModel {
  WorkerCard card;  // of the worker that spoke last
  size_t live_workers = 0;
  size_t dead_letters = 0;
};

struct FleetView {
  bool connected = false;
  std::vector<FleetModel> models;  // by name; also those whose workers left within the hour, or left something behind
};

// The submitting side of one process, for all models. Thread safe.
class RedisFront {
 public:
  virtual ~RedisFront() = default;

  // As of the last second.
  virtual FleetView view() const = 0;

  // The queue of a model, alive as long as the front end; take() gives nothing there. Made when first asked for: ask
  // for names of view() alone.
  virtual JobQueue& queue(std::string_view model) = 0;

  virtual void close() = 0;
};

// The taking side of one model. submit() refuses. Once closed, it gives what it has in hand and leaves the rest to
// others. Destroying it puts back what was not given.
class RedisWorker : public JobQueue {
 public:
  // Tells front ends that there is somebody; before it, nothing is taken.
  virtual void announce(const WorkerCard& card) = 0;
  // Says nothing more of itself and fetches no more jobs, until announced again; front ends notice within 5 s. What is
  // in hand stays there.
  virtual void withdraw() = 0;
};

// Errors: invalid_request when the options make no sense. A Redis that is not there is waited for, a little here and
// then in the background.
Result<std::unique_ptr<RedisFront>> make_redis_front(const RedisOptions& options, const QueueOptions& limits,
                                                     Metrics& metrics = no_metrics());
Result<std::unique_ptr<RedisWorker>> make_redis_worker(const RedisOptions& options, const std::string& model,
                                                       Metrics& metrics = no_metrics());

// Batches that outlive this process; any process of the fleet may show them and work on them. Errors: invalid_request.
Result<std::unique_ptr<BatchStore>> make_redis_batch_store(const RedisOptions& redis, const BatchOptions& options);

// A job that was given up: its worker died each time.
struct DeadLetter {
  std::string id;  // of its entry in the dead-letter stream
  std::string model, request_id, error;
  size_t characters = 0;
  int64_t died_ms = 0;  // Unix time
};

// The dead letters of one model, or of all when it is empty. One round trip or a few; unavailable without Redis.
Result<std::vector<DeadLetter>> list_dead_letters(const RedisOptions& options, const std::string& model);
// Puts one (or all, `id` empty) back into its model's stream, without deadline, or forgets it. How many there were.
Result<size_t> requeue_dead_letters(const RedisOptions& options, const std::string& model, const std::string& id);
Result<size_t> drop_dead_letters(const RedisOptions& options, const std::string& model, const std::string& id);

}  // namespace uie
