// Measures an HTTP server over keep-alive connections. One thread with epoll, so that the measuring costs little beside
// a server on the same cores.
//
// Closed loop: each connection sends a request as soon as the last one is answered, so a slow server is asked less.
// Open loop: requests come due at a fixed rate whatever the server does, as they do from many clients who do not know
// of each other; a request that finds every connection busy waits for one, and its latency counts from when it was due.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
  double rate = 0;                            // requests a second (open loop); 0: closed loop
  uint64_t requests = 0;                      // stop after so many; 0: no limit
  std::chrono::milliseconds duration{5'000};  // stop after it; what is under way is still answered
};

struct LoadLatency {
  uint64_t count = 0;
  double p50_ms = 0, p90_ms = 0, p99_ms = 0, max_ms = 0;
};

struct LoadReport {
  uint64_t answered = 0;  // status 200
  uint64_t refused = 0;   // any other status
  uint64_t broken = 0;    // connections that ended without an answer
  uint64_t unsent = 0;    // open loop: came due and never found a free connection
  double seconds = 0;     // until the last answer
  LoadLatency all;
  std::map<int, LoadLatency> by_status;

  double per_second() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
};

// Errors: invalid_request (no bodies, no connections), unavailable (nobody listens there).
Result<LoadReport> run_load(const LoadOptions& options);

}  // namespace uie
