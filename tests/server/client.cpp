#include "server/client.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace uie::testing_support {

using Clock = std::chrono::steady_clock;

Client::Client(int port, const std::string& address) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  if (::connect(fd_, static_cast<const sockaddr*>(static_cast<const void*>(&to)), sizeof to) != 0) close();
}

Client::~Client() { close(); }

Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Client::shut_down_sending() { ::shutdown(fd_, SHUT_WR); }

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Client::fill(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd wanted{fd_, POLLIN, 0};
  if (fd_ < 0 || ::poll(&wanted, 1, static_cast<int>(std::max<long>(left, 0))) <= 0) return false;
  char bytes[16'384];
  const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(got));
  return true;
}

// Parses the head at the front of the buffer and takes it off.
std::optional<Answer> Client::take_head() {
  const size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  Answer answer;
  answer.status = std::stoi(buffer_.substr(9, 3));
  for (size_t line = buffer_.find("\r\n") + 2; line < end + 2;) {
    const size_t line_end = buffer_.find("\r\n", line), colon = buffer_.find(": ", line);
    std::string name = buffer_.substr(line, colon - line);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = buffer_.substr(colon + 2, line_end - colon - 2);
    line = line_end + 2;
  }
  buffer_.erase(0, end + 4);
  return answer;
}

std::optional<Answer> Client::receive(std::chrono::milliseconds patience, bool head_only) {
  const auto deadline = Clock::now() + patience;
  std::vector<int> interim;
  while (true) {
    auto answer = take_head();
    if (!answer) {
      if (!fill(deadline)) return std::nullopt;
    } else if (answer->status < 200) {
      interim.push_back(answer->status);
    } else {
      answer->interim = std::move(interim);
      const std::string length = answer->header("content-length");
      const size_t bytes = length.empty() || head_only ? 0 : std::stoul(length);
      while (buffer_.size() < bytes) {
        if (!fill(deadline)) return std::nullopt;
      }
      answer->body = buffer_.substr(0, bytes);
      buffer_.erase(0, bytes);
      return answer;
    }
  }
}

bool Client::closed_within(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (fill(deadline)) buffer_.clear();
  return Clock::now() < deadline;
}

std::string get(std::string_view path, std::string_view more_headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more_headers) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace uie::testing_support
