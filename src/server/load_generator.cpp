#include "uie/server/load_generator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/exchange.h"
#include "server/listener.h"

namespace uie {
namespace {

using Clock = std::chrono::steady_clock;

std::string request_bytes(const LoadOptions& options, const std::string& body) {
  return "POST " + options.path + " HTTP/1.1\r\nHost: " + options.host +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Result<Socket> connect_to(const std::string& host, int port) {
  const std::string place = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    return fail(ErrorCode::unavailable, "cannot find " + place + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  for (const addrinfo* address = found; address; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.fd(), address->ai_addr, address->ai_addrlen) != 0) continue;
    const int on = 1;
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  return fail(ErrorCode::unavailable, "nobody answers at " + place + ": " + std::strerror(errno));
}

struct Answer {
  size_t bytes = 0;  // 0: not whole yet
  int status = 0;
};

// Reads the length of the answer at the front of `buffer`.
Answer whole_answer(std::string_view buffer) {
  constexpr std::string_view length_header = "\r\nContent-Length: ";
  const size_t end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos || end < 12) return {};
  const auto head = buffer.substr(0, end + 2);
  size_t length = 0;
  if (const size_t at = head.find(length_header); at != std::string_view::npos) {
    std::from_chars(head.data() + at + length_header.size(), head.data() + head.size(), length);
  }
  Answer answer;
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  if (buffer.size() >= end + 4 + length) answer.bytes = end + 4 + length;
  return answer;
}

double percentile(const std::vector<float>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<size_t>(fraction * static_cast<double>(sorted.size() - 1) + 0.5);
  return static_cast<double>(sorted[rank]);
}

LoadLatency summary(std::vector<float>& times) {
  std::sort(times.begin(), times.end());
  return {times.size(), percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99), percentile(times, 1)};
}

class Load {
 public:
  explicit Load(const LoadOptions& options) : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (const std::string& body : options.bodies) requests_.push_back(request_bytes(options, body));
  }

  Result<LoadReport> run() {
    if (auto opened = open_all(); !opened) return tl::unexpected(opened.error());
    began_ = Clock::now();
    stop_at_ = began_ + options_.duration;
    for (Connection& connection : connections_) free_.push_back(&connection);
    send_due();
    while (open_ > 0 && Clock::now() < stop_at_ + patience_) {
      poll();
      send_due();
    }
    return report(Clock::now() - began_);
  }

 private:
  static constexpr std::chrono::seconds patience_{60};  // for the last answers

  struct Connection {
    Socket socket;
    std::string buffer;
    std::string_view unsent;
    Clock::time_point due;  // its latency counts from here
  };

  Result<void> open_all() {
    connections_.reserve(options_.connections);
    for (size_t i = 0; i < options_.connections; ++i) {
      auto socket = connect_to(options_.host, options_.port);
      if (!socket) return tl::unexpected(socket.error());
      connections_.push_back({*std::move(socket), {}, {}, {}});
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
      event.data.u64 = i;
      ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, connections_.back().socket.fd(), &event);
    }
    open_ = connections_.size();
    return {};
  }

  void poll() {
    std::array<epoll_event, 128> events;
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count; ++i) on_event(connections_[events[i].data.u64]);
  }

  void on_event(Connection& connection) {
    if (!connection.socket) return;
    if (!send_some(connection.socket.fd(), connection.unsent)) return end(connection, true);
    while (connection.socket) {
      const ssize_t got = ::recv(connection.socket.fd(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) return end(connection, true);
      connection.buffer.append(scratch_.data(), static_cast<size_t>(got));
      take_answer(connection);
      if (static_cast<size_t>(got) < scratch_.size()) return;
    }
  }

  void take_answer(Connection& connection) {
    const Answer answer = whole_answer(connection.buffer);
    if (answer.bytes == 0) return;
    const std::chrono::duration<float, std::milli> took = Clock::now() - connection.due;
    latencies_ms_[answer.status].push_back(took.count());
    const bool closing = connection.buffer.find("\r\nConnection: close") < answer.bytes;
    connection.buffer.erase(0, answer.bytes);
    if (closing) return end(connection, false);
    free_.push_back(&connection);
  }

  bool open_loop() const { return options_.rate > 0; }

  Clock::time_point next_due(Clock::time_point now) const {
    if (!open_loop()) return now;
    return began_ + std::chrono::nanoseconds(static_cast<int64_t>(static_cast<double>(sent_) / options_.rate * 1e9));
  }

  // Requests that come due within a millisecond leave together.
  int wait_ms() const { return open_loop() && !free_.empty() ? 1 : 100; }

  void send_due() {
    while (!free_.empty()) {
      const auto now = Clock::now(), due = next_due(now);
      const bool over = std::max(now, due) >= stop_at_ || (options_.requests > 0 && sent_ >= options_.requests);
      if (!over && due > now) return;
      Connection& connection = *free_.front();
      free_.pop_front();
      if (over) {
        end(connection, false);
      } else {
        send(connection, due);
      }
    }
  }

  void send(Connection& connection, Clock::time_point due) {
    connection.unsent = requests_[sent_++ % requests_.size()];
    connection.due = due;
    if (!send_some(connection.socket.fd(), connection.unsent)) end(connection, true);
  }

  void end(Connection& connection, bool broken) {
    if (!connection.socket) return;
    connection.socket.reset();
    --open_;
    if (broken) ++report_.broken;
  }

  LoadReport report(std::chrono::duration<double> took) {
    std::vector<float> all;
    for (auto& [status, times] : latencies_ms_) {
      all.insert(all.end(), times.begin(), times.end());
      report_.by_status[status] = summary(times);
      (status == 200 ? report_.answered : report_.refused) += times.size();
    }
    report_.all = summary(all);
    report_.seconds = took.count();
    report_.broken += open_;
    if (open_loop()) {
      const std::chrono::duration<double> offering = stop_at_ - began_;
      auto due = static_cast<uint64_t>(offering.count() * options_.rate);
      if (options_.requests > 0) due = std::min(due, options_.requests);
      report_.unsent = due - std::min(due, sent_);
    }
    return report_;
  }

  const LoadOptions& options_;
  std::vector<std::string> requests_;
  const Socket epoll_;
  std::vector<Connection> connections_;
  std::deque<Connection*> free_;                    // wait for a request
  std::map<int, std::vector<float>> latencies_ms_;  // by status
  std::array<char, 64u << 10> scratch_{};
  Clock::time_point began_{}, stop_at_{};
  uint64_t sent_ = 0;
  size_t open_ = 0;
  LoadReport report_;
};

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options) {
  if (options.bodies.empty()) return fail(ErrorCode::invalid_request, "there is nothing to send");
  if (options.connections == 0) return fail(ErrorCode::invalid_request, "at least one connection is needed");
  return std::make_unique<Load>(options)->run();
}

}  // namespace uie
