#include "server/exchange.h"

#include <cerrno>

#include <sys/socket.h>

namespace uie {

bool send_some(int fd, std::string_view& bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string_view Wire::send_answer(std::string_view bytes) {
  MutexLock lock(mutex_);
  answering_ = true;
  if (!send_some(fd_, bytes)) {
    mark_gone();
    return {};
  }
  return bytes;
}

void Wire::probe() {
  MutexLock lock(mutex_);
  std::string_view interim = "HTTP/1.1 102 Processing\r\n\r\n";
  if (!answering_ && !send_some(fd_, interim)) mark_gone();
}

void Wire::rearm() {
  MutexLock lock(mutex_);
  answering_ = false;
}

}  // namespace uie
