// Measures an HTTP server: keep-alive connections that each send a request as soon as the last one is answered.
// One thread with epoll, so that the measuring costs little beside a server on the same cores.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "uie/base/result.h"

namespace uie {

struct LoadOptions {
  std::string host = "127.0.0.1";
  int port = 7860;
  std::string path = "/v1/extract";
  std::vector<std::string> bodies;  // sent in turn; at least one; JSON
  size_t connections = 1;
  uint64_t requests = 0;                      // stop after so many; 0: no limit
  std::chrono::milliseconds duration{5'000};  // stop after it; what is under way is still answered
};

struct LoadReport {
  uint64_t answered = 0;  // status 200
  uint64_t refused = 0;   // any other status
  uint64_t broken = 0;    // connections that ended without an answer
  double seconds = 0;
  double p50_ms = 0, p90_ms = 0, p99_ms = 0, max_ms = 0;  // of all answers

  double per_second() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
};

// Errors: invalid_request (no bodies, no connections), unavailable (nobody listens there).
Result<LoadReport> run_load(const LoadOptions& options);

}  // namespace uie
