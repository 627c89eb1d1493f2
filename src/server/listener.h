// The listening socket.
#pragma once

#include <string>

#include "uie/base/result.h"

namespace uie {

// Closes what it holds.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { reset(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_;
};

struct Accepted {
  Socket socket;
  std::string address;  // numeric, IPv4 written as such also on an IPv6 socket
  bool loopback = false;
};

class Listener {
 public:
  // Errors: unavailable, with what to change.
  static Result<Listener> open(const std::string& host, int port);

  int port() const { return port_; }
  int fd() const { return socket_.fd(); }
  bool is_open() const { return static_cast<bool>(socket_); }
  void close() { socket_.reset(); }

  enum class Outcome { accepted, nobody, exhausted };
  // Never waits. exhausted: out of file descriptors or memory, try again later.
  Outcome accept(Accepted& accepted);

 private:
  Socket socket_;
  int port_ = 0;
};

}  // namespace uie
