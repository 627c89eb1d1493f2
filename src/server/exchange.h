// One request on its way through a worker thread, and the socket that its answer goes to.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/request_reader.h"
#include "uie/base/mutex.h"

namespace uie {

// The socket of a connection while a worker answers on it. The guard keeps it open as long as the worker has it.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}

  // The peer has closed or reset the connection: nobody reads the answer.
  bool gone() const { return gone_.load(std::memory_order_relaxed); }
  void mark_gone() { gone_.store(true, std::memory_order_relaxed); }

  // Sends what the socket takes without waiting, and gives the rest. From now on nothing else may write.
  std::string_view send_answer(std::string_view bytes);

  // Writes an interim answer, unless an answer is already on its way. A peer that has closed replies with a reset.
  void probe();

  // For the next request of the same connection.
  void rearm();

 private:
  const int fd_;
  std::atomic<bool> gone_{false};
  Mutex mutex_;
  bool answering_ UIE_GUARDED_BY(mutex_) = false;
};

// How far the server is with stopping.
struct Phase {
  std::atomic<bool> draining{false};   // no new connections; answers carry Connection: close
  std::atomic<bool> abandoned{false};  // patience is over: whoever waits gives up and answers 503
};

struct Exchange {
  uint64_t connection = 0;
  std::string address;  // of the peer, without port
  HttpRequest request;
  std::chrono::steady_clock::time_point arrived;  // its last byte
  std::shared_ptr<Wire> wire;
};

// Sends without waiting and without a signal; takes what was sent off `bytes`. False: the connection is broken.
bool send_some(int fd, std::string_view& bytes);

}  // namespace uie
