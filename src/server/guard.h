// The connection guard: one thread that owns every socket.
//
// It accepts, reads, times and closes; a worker thread gets a request only when its last byte has arrived within all
// limits, sends the answer, and gives the connection back. So an idle or slow connection costs a few hundred bytes and
// no thread, and the limits of spec/interface.md §2.4 are enforced in one place, before cpp-httplib sees a byte.
//
// cpp-httplib's own accept loop is not used: its backlog of 5 drops connections under a burst, an accept() error other
// than EMFILE ends the server, it gives a thread to each connection, it reads heads and chunked bodies without a
// limit, and its read timeout starts anew with every byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/exchange.h"
#include "server/http_metrics.h"
#include "server/listener.h"
#include "uie/server/server.h"

namespace uie {

// A worker's word that it is done with a connection.
struct Answered {
  uint64_t connection = 0;
  std::string unsent;  // what the socket did not take at once
  bool close = false;
};

class Guard {
 public:
  // on_request is called in the guard's thread and must not wait.
  Guard(const ServerOptions& options, Listener listener, std::function<void(Exchange)> on_request,
        HttpMetrics& metrics);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Serves until drained. Call it in a thread of its own.
  void run();

  // Thread safe.
  void answered(Answered answered);
  void drain();
  const Phase& phase() const { return phase_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection;

  // Sockets.
  void on_event(uint64_t id, uint32_t events);
  void accept_all();
  void accept_one(Accepted accepted);
  bool admit(Accepted& accepted);
  bool make_room();
  void read_from(Connection& connection);
  void on_bytes(Connection& connection, std::string_view bytes);
  void flush(Connection& connection);
  void linger(Connection& connection, std::chrono::milliseconds patience);
  void discard_input(Connection& connection);
  void close(Connection& connection);

  // The life of a request.
  void after_reading(Connection& connection);
  void set_reading_deadline(Connection& connection);
  void dispatch(Connection& connection);
  void take_answers();
  void finish_answer(Connection& connection);
  void refuse(Connection& connection, const Problem& problem, std::string_view reason);
  void account(Connection& connection);

  // Time.
  void sweep();
  void check_time(Connection& connection, Clock::time_point now);
  void check_peer(Connection& connection, Clock::time_point now);
  void begin_drain();
  bool drained() const;
  int wait_ms() const;
  void wake();

  const ServerOptions options_;
  const std::function<void(Exchange)> on_request_;
  HttpMetrics& metrics_;
  Phase phase_;

  // Owned by the guard's thread.
  Listener listener_;
  Socket epoll_, wake_;
  uint64_t last_id_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::unordered_map<std::string, size_t> by_address_;  // loopback not counted
  size_t buffered_bytes_ = 0;                           // of all connections
  std::string scratch_;                                 // one read
  Clock::time_point next_sweep_{};
  Clock::time_point drain_began_{};  // epoch: not draining

  Mutex mutex_;
  std::vector<Answered> answers_ UIE_GUARDED_BY(mutex_);
};

}  // namespace uie
