// Stands between us and Redis and misbehaves as it is told.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace uie::testing_support {

enum class Fault {
  none,
  latency,     // every piece is late by 100 ms
  cut,         // connections are closed, new ones at once
  half_open,   // connections stand, nothing goes through
  garbage,     // what comes from Redis is replaced by noise
  slow_close,  // a piece of an answer, then a pause, then the end
};

// One thread polls everything. fault() from any thread.
class FaultProxy {
 public:
  FaultProxy(std::string listen_at, std::string redis) : path_(std::move(listen_at)), redis_(std::move(redis)) {
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_of(path_);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 64) != 0)
      throw std::runtime_error("the fault proxy cannot listen");
    thread_ = std::thread([this] { work(); });
  }
  ~FaultProxy() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::string url() const { return "unix://" + path_; }
  void fault(Fault fault) { fault_ = fault; }

 private:
  struct Pipe {
    int client, server;
  };

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  void work() {
    while (!stop_) {
      std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
      const bool stuck = fault_ == Fault::half_open;
      for (const Pipe& pipe : pipes_) {
        if (stuck) break;
        waiting.push_back({pipe.client, POLLIN, 0});
        waiting.push_back({pipe.server, POLLIN, 0});
      }
      if (poll(waiting.data(), waiting.size(), 10) < 0) continue;
      size_t at = 1;
      for (auto pipe = pipes_.begin(); pipe != pipes_.end() && at < waiting.size(); at += 2) {
        const bool alive = fault_ != Fault::cut && (!waiting[at].revents || pass(pipe->client, pipe->server, false)) &&
                           (!waiting[at + 1].revents || pass(pipe->server, pipe->client, true));
        pipe = alive ? std::next(pipe) : close(pipe);
      }
      if (waiting[0].revents) open();
    }
    while (!pipes_.empty()) close(pipes_.begin());
  }

  void open() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_of(redis_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      pipes_.push_back({client, server});
    } else {
      ::close(client);
      ::close(server);
    }
  }

  bool pass(int from, int to, bool answer) {
    char buffer[65'536];
    const ssize_t size = recv(from, buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    std::string bytes(buffer, static_cast<size_t>(size));
    if (fault_ == Fault::latency) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (fault_ == Fault::garbage && answer) bytes = "\x07 no RESP\r\n*99999999999\r\n";
    if (fault_ == Fault::slow_close && answer) {
      send(to, bytes.data(), bytes.size() / 2, MSG_NOSIGNAL);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      return false;
    }
    return send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  std::list<Pipe>::iterator close(std::list<Pipe>::iterator pipe) {
    ::close(pipe->client);
    ::close(pipe->server);
    return pipes_.erase(pipe);
  }

  const std::string path_, redis_;
  int listener_;
  std::list<Pipe> pipes_;
  std::atomic<Fault> fault_ = Fault::none;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace uie::testing_support
