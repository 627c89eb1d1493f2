// One blocking connection to Redis, and what it says. The only place that sees hiredis.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/redis_address.h"
#include "uie/base/log.h"
#include "uie/base/metrics.h"
#include "uie/base/result.h"

struct redisContext;

namespace uie::redis {

// How long a blocking read waits in Redis; a socket that is silent for twice as long is dead.
constexpr std::chrono::milliseconds kBlock{1'000};

using Command = std::vector<std::string>;

struct Answer {
  enum class Kind { nil, text, integer, list, error };

  Kind kind = Kind::nil;
  std::string text;  // also of an error
  int64_t integer = 0;
  std::vector<Answer> list;

  bool is_error() const { return kind == Kind::error; }
  // An element, or nil where there is none: what comes over a wire may have any shape.
  const Answer& at(size_t index) const;
};

// One thread at a time; id() from any.
class Connection {
 public:
  // reconnects: counts connections after the first.
  Connection(Address address, Counter& reconnects) : address_(std::move(address)), reconnects_(reconnects) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True at once when it stands. Else one try: connects, logs in, selects the database. Logs the first failure of a
  // row, and success after it.
  bool connect();
  bool connected() const { return context_ != nullptr; }
  void drop();

  // How often connect() has made a new connection.
  uint64_t generation() const { return generation_; }
  // Redis' number of this connection, for CLIENT UNBLOCK; 0: none.
  int64_t id() const { return id_; }

  // Sends all, then reads as many answers. Unavailable: the connection broke, spoke nonsense, or Redis said that it is
  // loading or cannot be written to; it is dropped then, and which commands were done is not known. EVAL goes out as
  // EVALSHA: a script travels once a connection.
  Result<std::vector<Answer>> run(const std::vector<Command>& commands);

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };

  Result<void> open();
  Result<void> greet();
  Result<void> load_scripts(const std::vector<Command>& commands);
  void send(const Command& command);
  Result<std::vector<Answer>> receive(size_t count);
  Result<std::vector<Answer>> exchange(const std::vector<Command>& commands);

  const Address address_;
  Counter& reconnects_;
  std::unique_ptr<redisContext, Free> context_;
  std::unordered_map<std::string, std::string> digests_;  // of the scripts that this connection has loaded
  uint64_t generation_ = 0;
  std::atomic<int64_t> id_ = 0;
  bool failing_ = false;  // said so in the log
};

// One round of a thread that lives on a connection: connects, then does the work. False: it was away, or the work said
// so or threw; an exception is logged (`what` failed) and drops the connection, since half an answer may be in it.
template <class Work>
bool attempt(Connection& connection, const char* what, Work work) {
  try {
    return connection.connect() && work();
  } catch (const std::exception& error) {
    log_error(std::string(what) + " failed: " + error.what());
    connection.drop();
    return false;
  }
}

// How long to wait before the next try: doubles from 50 ms to 2 s, and half of it is left to chance, so that a fleet
// does not come back in step.
class Backoff {
 public:
  std::chrono::milliseconds next();
  void reset() { step_ = kFirst; }

 private:
  static constexpr int kFirst = 50, kLast = 2'000;

  int step_ = kFirst;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace uie::redis
