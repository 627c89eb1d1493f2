// Names of processes.
#pragma once

#include <random>
#include <string>

#include <unistd.h>

namespace uie::redis {

// "host-1234"
inline std::string process_name() {
  char host[256] = "host";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(getpid());
}

// Never the same twice, over restarts and clones of a machine.
inline std::string unique_name(const std::string& base) {
  std::random_device random;
  const uint64_t bits = uint64_t{random()} << 32 | random();
  return (base.empty() ? process_name() : base) + "-" + std::to_string(bits);
}

}  // namespace uie::redis
