// A blocking client on a raw socket: sends any bytes, reads one HTTP answer after the other.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uie/schema/json.h"

namespace uie::testing_support {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::vector<int> interim;  // 1xx statuses that came before it

  std::string header(const std::string& lower_name) const {
    const auto found = headers.find(lower_name);
    return found == headers.end() ? "" : found->second;
  }
  // Null when the body is no JSON.
  Json json() const { return Json::parse(body, nullptr, false); }
};

class Client {
 public:
  explicit Client(int port, const std::string& address = "127.0.0.1");
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False when the server no longer takes bytes.
  bool send(std::string_view bytes);
  // Nothing when the connection ends, or nothing comes for `patience`, before a whole answer.
  std::optional<Answer> receive(std::chrono::milliseconds patience = std::chrono::seconds(20), bool head_only = false);
  // True when the server closes within `patience`; what it sends until then is thrown away.
  bool closed_within(std::chrono::milliseconds patience);
  void shut_down_sending();
  // Ends with a reset instead of an orderly close.
  void reset();
  void close();

  std::optional<Answer> request(std::string_view bytes) { return send(bytes) ? receive() : std::nullopt; }

 private:
  bool fill(std::chrono::steady_clock::time_point deadline);
  std::optional<Answer> take_head();

  int fd_ = -1;
  std::string buffer_;
};

// Whole requests as text.
std::string get(std::string_view path, std::string_view more_headers = "");
std::string post(std::string_view path, std::string_view body, std::string_view more_headers = "");

}  // namespace uie::testing_support
