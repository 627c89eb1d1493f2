// The states of a connection, all moved by the guard's thread:
//
//   reading ──request complete──▶ busy ──answered──▶ (writing ──▶) reading, or lingering when it is to be closed
//      └──over a limit, too slow──▶ writing ──▶ lingering ──peer has closed, or enough waited──▶ closed
//
// Sockets are registered once, edge triggered. While a connection is busy its events are only noted. Lingering (answer
// sent, our side shut down, input thrown away) matters because closing with unread input makes the kernel send a reset
// that can overtake the answer: the client that sent too much would never learn why.
#include "server/guard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/raw_answer.h"
#include "uie/base/log.h"

namespace uie {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t listener_id = 0, wake_id = 1;
constexpr size_t read_bytes = 64u << 10;
constexpr milliseconds tick{50};                 // how exactly the guard keeps time
constexpr milliseconds write_patience{20'000};   // without a byte taken by the client
constexpr milliseconds close_patience{2'000};    // for the peer's side of an orderly close
constexpr milliseconds refused_patience{5'000};  // for a refused client to stop sending
// A client that shuts down its sending side may still want its answer, and most answers are quicker than this. Only
// then is it asked, by an interim answer: a closed socket replies with a reset.
constexpr milliseconds half_closed_patience{500};
constexpr milliseconds probe_interval{5'000};
// On draining, requests that are already on their way over idle connections still find them open.
constexpr milliseconds drain_grace{200};

ReadLimits read_limits(const ServerOptions& options) {
  ReadLimits limits;
  limits.head = {options.max_request_line_bytes, options.max_header_line_bytes, options.max_header_bytes};
  limits.body_bytes = options.max_body_bytes;
  return limits;
}

std::string_view refusal_reason(int status) {
  switch (status) {
    case 408:
      return "timeout";
    case 413:
    case 414:
    case 431:
      return "too_large";
    default:
      return "protocol";
  }
}

}  // namespace

struct Guard::Connection {
  enum class State { reading, busy, writing, lingering };

  Connection(uint64_t name, Accepted&& accepted, const ReadLimits& limits)
      : id(name),
        socket(std::move(accepted.socket)),
        address(std::move(accepted.address)),
        loopback(accepted.loopback),
        reader(limits),
        wire(std::make_shared<Wire>(socket.fd())) {}

  bool idle() const { return state == State::reading && reader.state() == RequestReader::State::idle; }

  const uint64_t id;
  const Socket socket;
  const std::string address;
  const bool loopback;
  RequestReader reader;
  const std::shared_ptr<Wire> wire;

  State state = State::reading;
  RequestReader::State timed = RequestReader::State::idle;  // what `deadline` was set for
  Clock::time_point deadline{};                             // when patience ends, in this state
  bool peer_done = false;                                   // its sending side was shut down
  Clock::time_point next_probe{};                           // once peer_done
  bool readable = false;                                    // input may wait in the kernel
  bool http_1_0 = false;                                    // of the request being answered
  bool close_after = false;
  milliseconds linger_patience = close_patience;
  size_t request_bytes = 0;  // held by the worker
  size_t accounted = 0;      // part of buffered_bytes_
  std::string out;           // the answer's rest
  size_t out_sent = 0;
};

Guard::Guard(const ServerOptions& options, Listener listener, std::function<void(Exchange)> on_request,
             HttpMetrics& metrics)
    : options_(options),
      on_request_(std::move(on_request)),
      metrics_(metrics),
      listener_(std::move(listener)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      last_id_(wake_id),
      scratch_(read_bytes, '\0') {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = listener_id;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, listener_.fd(), &event);
  event.data.u64 = wake_id;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, wake_.fd(), &event);
}

Guard::~Guard() = default;

void Guard::run() {
  std::array<epoll_event, 256> events;
  while (!drained()) {
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count; ++i) on_event(events[i].data.u64, events[i].events);
    take_answers();
    if (phase_.draining && drain_began_ == Clock::time_point{}) begin_drain();
    if (Clock::now() >= next_sweep_) sweep();
  }
}

int Guard::wait_ms() const { return connections_.empty() && !phase_.draining ? -1 : static_cast<int>(tick.count()); }

bool Guard::drained() const { return phase_.draining && !listener_.is_open() && connections_.empty(); }

void Guard::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.fd(), &one, sizeof one);
}

void Guard::drain() {
  phase_.draining = true;
  wake();
}

void Guard::answered(Answered answered) {
  bool first;
  {
    MutexLock lock(mutex_);
    first = answers_.empty();
    answers_.push_back(std::move(answered));
  }
  if (first) wake();
}

// --- sockets -------------------------------------------------------------------------------------------------------

void Guard::on_event(uint64_t id, uint32_t events) {
  if (id == listener_id) return accept_all();
  if (id == wake_id) {
    uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(wake_.fd(), &count, sizeof count);
    return;
  }
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (events & (EPOLLERR | EPOLLHUP)) connection.wire->mark_gone();
  if ((events & EPOLLRDHUP) && !std::exchange(connection.peer_done, true)) {
    connection.next_probe = Clock::now() + half_closed_patience;
  }
  // An edge comes once: input that is not read now is remembered.
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection.readable = true;
  switch (connection.state) {
    case Connection::State::reading:
      return read_from(connection);
    case Connection::State::busy:
      return;
    case Connection::State::writing:
      return flush(connection);
    case Connection::State::lingering:
      return discard_input(connection);
  }
}

void Guard::accept_all() {
  while (listener_.is_open()) {
    Accepted accepted;
    switch (listener_.accept(accepted)) {
      case Listener::Outcome::accepted:
        accept_one(std::move(accepted));
        break;
      case Listener::Outcome::nobody:
        return;
      case Listener::Outcome::exhausted:
        if (make_room()) break;
        // Level triggered: the next round tries again; waiting a moment keeps it from spinning.
        log_warn("out of file descriptors: no connection can be accepted");
        ::usleep(1'000);
        return;
    }
  }
}

void Guard::accept_one(Accepted accepted) {
  if (!admit(accepted)) return;
  const int fd = accepted.socket.fd();
  auto connection = std::make_unique<Connection>(++last_id_, std::move(accepted), read_limits(options_));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = connection->id;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  if (!connection->loopback) ++by_address_[connection->address];
  set_reading_deadline(*connection);
  connections_.emplace(connection->id, std::move(connection));
  metrics_.connections.set(static_cast<double>(connections_.size()));
}

// False when the connection was turned away.
bool Guard::admit(Accepted& accepted) {
  const auto turn_away = [&](int status, std::string detail, std::string_view reason) {
    metrics_.refused(reason);
    const std::string bytes = refusal_bytes(make_problem(status, std::move(detail)));
    std::string_view rest = bytes;
    send_some(accepted.socket.fd(), rest);
    ::shutdown(accepted.socket.fd(), SHUT_WR);
    return false;
  };
  if (!accepted.loopback) {
    const auto found = by_address_.find(accepted.address);
    if (found != by_address_.end() && found->second >= options_.max_connections_per_address) {
      return turn_away(429, "too many connections from this address", "connections_per_address");
    }
  }
  if (connections_.size() >= options_.max_connections && !make_room()) {
    return turn_away(503, "too many connections", "connections");
  }
  return true;
}

// Closes the connection that has been idle longest. False when none is.
bool Guard::make_room() {
  Connection* oldest = nullptr;
  for (const auto& [id, connection] : connections_) {
    if (connection->state == Connection::State::lingering) {
      oldest = connection.get();
      break;
    }
    if (connection->idle() && (!oldest || connection->deadline < oldest->deadline)) oldest = connection.get();
  }
  if (!oldest) return false;
  metrics_.idle_closed.add();
  close(*oldest);
  return true;
}

void Guard::read_from(Connection& connection) {
  const uint64_t id = connection.id;
  connection.readable = false;
  while (connection.state == Connection::State::reading) {
    const ssize_t got = ::recv(connection.socket.fd(), scratch_.data(), scratch_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return close(connection);
    const size_t bytes = static_cast<size_t>(got);
    on_bytes(connection, std::string_view(scratch_).substr(0, bytes));
    if (connections_.find(id) == connections_.end()) return;
    // A short read has emptied the socket: the next byte makes a new edge. Not so the end of the stream, which may
    // have come with it.
    const bool emptied = bytes < scratch_.size() && !connection.peer_done;
    if (connection.state == Connection::State::busy) connection.readable |= !emptied;
    if (emptied) return;
  }
}

void Guard::on_bytes(Connection& connection, std::string_view bytes) {
  connection.reader.feed(bytes);
  account(connection);
  if (buffered_bytes_ > options_.max_buffered_bytes && connection.reader.state() == RequestReader::State::body) {
    return refuse(connection, make_problem(503, "too many large requests are being received"), "memory");
  }
  after_reading(connection);
}

void Guard::account(Connection& connection) {
  const size_t now = connection.reader.buffered() + connection.request_bytes;
  buffered_bytes_ += now - connection.accounted;
  connection.accounted = now;
  metrics_.buffered_bytes.set(static_cast<double>(buffered_bytes_));
}

void Guard::flush(Connection& connection) {
  std::string_view rest = std::string_view(connection.out).substr(connection.out_sent);
  const size_t before = rest.size();
  if (!send_some(connection.socket.fd(), rest)) return close(connection);
  connection.out_sent = connection.out.size() - rest.size();
  if (rest.size() < before) connection.deadline = Clock::now() + write_patience;
  if (rest.empty()) finish_answer(connection);
}

void Guard::linger(Connection& connection, milliseconds patience) {
  ::shutdown(connection.socket.fd(), SHUT_WR);
  connection.state = Connection::State::lingering;
  connection.deadline = Clock::now() + patience;
  discard_input(connection);
}

void Guard::discard_input(Connection& connection) {
  while (true) {
    const ssize_t got = ::recv(connection.socket.fd(), scratch_.data(), scratch_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return close(connection);
    if (Clock::now() >= connection.deadline) return close(connection);
  }
}

void Guard::close(Connection& connection) {
  if (!connection.loopback) {
    const auto found = by_address_.find(connection.address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  }
  buffered_bytes_ -= connection.accounted;
  connections_.erase(connection.id);
  metrics_.connections.set(static_cast<double>(connections_.size()));
  metrics_.buffered_bytes.set(static_cast<double>(buffered_bytes_));
}

// --- the life of a request -----------------------------------------------------------------------------------------

void Guard::after_reading(Connection& connection) {
  switch (connection.reader.state()) {
    case RequestReader::State::complete:
      return dispatch(connection);
    case RequestReader::State::refused:
      return refuse(connection, connection.reader.problem(), refusal_reason(connection.reader.problem().status));
    default:
      break;
  }
  if (connection.reader.take_expect_continue()) {
    std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!send_some(connection.socket.fd(), interim)) return close(connection);
  }
  if (connection.timed != connection.reader.state()) set_reading_deadline(connection);
}

void Guard::set_reading_deadline(Connection& connection) {
  connection.timed = connection.reader.state();
  int patience_ms = options_.idle_timeout_ms;
  if (connection.timed == RequestReader::State::head) patience_ms = options_.header_timeout_ms;
  if (connection.timed == RequestReader::State::body) patience_ms = options_.body_timeout_ms;
  connection.deadline = Clock::now() + milliseconds(patience_ms);
}

void Guard::dispatch(Connection& connection) {
  connection.state = Connection::State::busy;
  connection.wire->rearm();
  Exchange exchange;
  exchange.connection = connection.id;
  exchange.address = connection.address;
  exchange.request = connection.reader.take();
  exchange.arrived = Clock::now();
  exchange.wire = connection.wire;
  connection.http_1_0 = exchange.request.head.http_1_0;
  connection.request_bytes = exchange.request.body.size();
  account(connection);
  on_request_(std::move(exchange));
}

void Guard::take_answers() {
  std::vector<Answered> answers;
  {
    MutexLock lock(mutex_);
    answers.swap(answers_);
  }
  for (Answered& answer : answers) {
    Connection& connection = *connections_.at(answer.connection);  // a busy connection is never closed
    connection.request_bytes = 0;
    account(connection);
    if (connection.wire->gone()) {
      close(connection);
      continue;
    }
    connection.close_after = answer.close;
    connection.out = std::move(answer.unsent);
    connection.out_sent = 0;
    connection.state = Connection::State::writing;
    connection.deadline = Clock::now() + write_patience;
    flush(connection);
  }
}

void Guard::finish_answer(Connection& connection) {
  connection.out = {};
  if (connection.close_after) return linger(connection, connection.linger_patience);
  connection.state = Connection::State::reading;
  set_reading_deadline(connection);
  const uint64_t id = connection.id;
  after_reading(connection);  // what was pipelined
  if (connections_.find(id) == connections_.end()) return;
  if (connection.state == Connection::State::reading && connection.readable) read_from(connection);
}

void Guard::refuse(Connection& connection, const Problem& problem, std::string_view reason) {
  metrics_.refused(reason);
  log_info("refused " + std::to_string(problem.status) + " peer=" + connection.address + ": " + problem.detail);
  connection.out = refusal_bytes(problem);
  connection.out_sent = 0;
  connection.close_after = true;
  connection.linger_patience = refused_patience;
  connection.state = Connection::State::writing;
  connection.deadline = Clock::now() + refused_patience;
  flush(connection);
}

// --- time ----------------------------------------------------------------------------------------------------------

void Guard::sweep() {
  const auto now = Clock::now();
  next_sweep_ = now + tick;
  std::vector<uint64_t> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const uint64_t id : ids) {
    if (const auto found = connections_.find(id); found != connections_.end()) check_time(*found->second, now);
  }
  const auto patience = milliseconds(options_.drain_timeout_ms);
  if (drain_began_ != Clock::time_point{} && now >= drain_began_ + patience) phase_.abandoned = true;
}

void Guard::check_time(Connection& connection, Clock::time_point now) {
  if (connection.state == Connection::State::busy) return check_peer(connection, now);
  const bool grace_over = drain_began_ != Clock::time_point{} && now >= drain_began_ + drain_grace;
  if (connection.idle() && (grace_over || now >= connection.deadline)) {
    metrics_.idle_closed.add();
    return linger(connection, close_patience);
  }
  if (phase_.abandoned) return close(connection);
  if (now < connection.deadline) return;
  if (connection.state != Connection::State::reading) return close(connection);
  const bool body = connection.reader.state() == RequestReader::State::body;
  refuse(connection, make_problem(408, body ? "the body took too long" : "the headers took too long"), "timeout");
}

void Guard::check_peer(Connection& connection, Clock::time_point now) {
  if (!connection.peer_done || connection.http_1_0 || connection.wire->gone() || now < connection.next_probe) return;
  connection.next_probe = now + probe_interval;
  connection.wire->probe();
}

void Guard::begin_drain() {
  accept_all();  // what waits in the backlog counts as accepted
  listener_.close();
  drain_began_ = Clock::now();
}

}  // namespace uie
