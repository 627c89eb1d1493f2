#include "server/httplib_adapter.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include <httplib.h>

#include "server/http_date.h"
#include "server/raw_answer.h"

namespace uie {
namespace {

// The library refuses longer lines (CPPHTTPLIB_HEADER_MAX_LENGTH); nothing here reads such headers.
constexpr size_t max_line_bytes = 8'000;

// Serves a head from memory, collects the answer.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string head, const std::string& address, std::string& out)
      : head_(std::move(head)), address_(address), out_(out) {}

  bool is_readable() const override { return read_ < head_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t count = std::min(size, head_.size() - read_);
    std::memcpy(to, head_.data() + read_, count);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = address_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }  // the library refuses sockets beyond FD_SETSIZE

 private:
  const std::string head_;
  const std::string& address_;
  std::string& out_;
  size_t read_ = 0;
};

bool is_kept(std::string_view name) {
  constexpr std::array<std::string_view, 6> dropped = {"range",          "accept-encoding",   "expect",
                                                       "content-length", "transfer-encoding", "connection"};
  return std::find(dropped.begin(), dropped.end(), name) == dropped.end();
}

// The head as the library may see it. Its target is of no use here: routes look at the guard's own, and the library
// stumbles over some that are legal ("/a?b?c?d").
std::string tamed(const HttpHead& head) {
  std::string bytes = head.method + " / HTTP/1.1\r\n";
  for (const auto& [name, value] : head.headers) {
    if (is_kept(name) && name.size() + value.size() < max_line_bytes) bytes += name + ": " + value + "\r\n";
  }
  return bytes += "\r\n";
}

}  // namespace

class HttplibAdapter::Library final : public httplib::Server {
 public:
  Library(const Router& router, const Phase& phase, int idle_timeout_ms)
      : router_(router), phase_(phase), keep_alive_("timeout=" + std::to_string(idle_timeout_ms / 1'000)) {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      serve(response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& response) { finish_headers(response); });
  }

  Answer answer(const Exchange& exchange, const RequestIds& ids);

 private:
  void serve(httplib::Response& response);
  void finish_headers(httplib::Response& response);

  const Router& router_;
  const Phase& phase_;
  const std::string keep_alive_;
  // Of the request being answered.
  const Exchange* exchange_ = nullptr;
  const RequestIds* ids_ = nullptr;
  Answer answer_;
};

void HttplibAdapter::Library::serve(httplib::Response& to) {
  HttpResponse response;
  Call call{*exchange_, *ids_, response};
  router_.serve(call);
  answer_.route = call.route;
  to.status = response.status;
  to.body = std::move(response.body);
  for (const auto& [name, value] : response.headers) to.set_header(name, value);
}

void HttplibAdapter::Library::finish_headers(httplib::Response& response) {
  response.headers.erase("Keep-Alive");
  response.headers.erase("Accept-Ranges");
  if (response.status == 304 || response.status == 204) response.headers.erase("Content-Length");
  response.set_header("Date", http_date());
  response.set_header("X-Request-Id", ids_->request_id);
  response.set_header("traceparent", ids_->traceparent);
  const HttpHead& head = exchange_->request.head;
  answer_.close = !head.keep_alive || phase_.draining;
  if (answer_.close) {
    response.set_header("Connection", "close");
  } else {
    response.set_header("Keep-Alive", keep_alive_);
    if (head.http_1_0) response.set_header("Connection", "keep-alive");
  }
  answer_.status = response.status;
}

HttplibAdapter::Answer HttplibAdapter::Library::answer(const Exchange& exchange, const RequestIds& ids) {
  exchange_ = &exchange;
  ids_ = &ids;
  answer_ = {};
  std::string bytes;
  MemoryStream stream(tamed(exchange.request.head), exchange.address, bytes);
  bool closed = false;
  process_request(stream, false, closed, nullptr);
  if (answer_.route == nullptr) {  // the library disliked a head that the guard let pass
    bytes = refusal_bytes(make_problem(400, "the request cannot be read"));
    answer_.status = 400;
    answer_.close = true;
  }
  answer_.bytes = std::move(bytes);
  return std::exchange(answer_, {});
}

HttplibAdapter::HttplibAdapter(const Router& router, const Phase& phase, int idle_timeout_ms)
    : library_(std::make_unique<Library>(router, phase, idle_timeout_ms)) {}

HttplibAdapter::~HttplibAdapter() = default;

HttplibAdapter::Answer HttplibAdapter::answer(const Exchange& exchange, const RequestIds& ids) {
  return library_->answer(exchange, ids);
}

std::string httplib_version() { return CPPHTTPLIB_VERSION; }

}  // namespace uie
