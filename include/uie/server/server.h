// The HTTP front end: routes, limits, error mapping, static files. cpp-httplib stays inside src/server/.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "uie/base/metrics.h"
#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/schema/task.h"
#include "uie/server/service.h"

namespace uie {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 7860;       // 0: a free one
  int http_threads = 0;  // requests worked on at once, the rest waits; 0: 256
  size_t max_connections = 2'048;
  size_t max_connections_per_address = 256;  // loopback excepted
  size_t max_body_bytes = 8u << 20;
  size_t max_buffered_bytes = 128u << 20;  // request bytes held for all connections; as JSON they are some times more
  size_t max_request_line_bytes = 8u << 10;
  size_t max_header_line_bytes = 16u << 10;
  size_t max_header_bytes = 64u << 10;
  int header_timeout_ms = 10'000;  // from the first byte
  int body_timeout_ms = 20'000;
  int idle_timeout_ms = 60'000;     // keep-alive
  int request_timeout_ms = 60'000;  // default deadline of one request
  int drain_timeout_ms = 30'000;    // SIGTERM: how long accepted requests may take
  size_t max_texts = 1'024;         // texts of one request
  size_t max_job_texts = 100'000;   // texts of one job of /v1/jobs
  std::filesystem::path web_dir;    // the page; empty: none

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(host, OptionInfo{"host", "", "address to listen on"});
    visitor(port, OptionInfo{"port", "", "port to listen on; 0 takes a free one"});
    visitor(http_threads, OptionInfo{"http-threads", "threads",
                                     "requests worked on at once, started as needed; more wait their turn; 0: 256"});
    visitor(max_connections,
            OptionInfo{"max-connections", "connections", "open connections; beyond it idle ones are closed first"});
    visitor(max_connections_per_address, OptionInfo{"max-connections-per-address", "connections",
                                                    "open connections of one client address, loopback excepted"});
    visitor(max_body_bytes, OptionInfo{"max-body-bytes", "bytes", "largest request body; larger is refused with 413"});
    visitor(max_buffered_bytes,
            OptionInfo{"max-buffered-bytes", "bytes", "request bytes held for all connections; beyond it 503"});
    visitor(max_request_line_bytes,
            OptionInfo{"max-request-line-bytes", "bytes", "longest request line; longer is refused with 414"});
    visitor(max_header_line_bytes,
            OptionInfo{"max-header-line-bytes", "bytes", "longest header line; longer is refused with 431"});
    visitor(max_header_bytes,
            OptionInfo{"max-header-bytes", "bytes", "all headers together; more is refused with 431"});
    visitor(header_timeout_ms,
            OptionInfo{"header-timeout", "ms", "headers must be complete this long after the first byte"});
    visitor(body_timeout_ms, OptionInfo{"body-timeout", "ms", "the body must be complete this long after the headers"});
    visitor(idle_timeout_ms,
            OptionInfo{"idle-timeout", "ms", "a kept connection without a request is closed after it"});
    visitor(request_timeout_ms, OptionInfo{"request-timeout", "ms", "deadline of a request that names none"});
    visitor(drain_timeout_ms, OptionInfo{"drain-timeout", "ms", "after SIGTERM, how long accepted requests may take"});
    visitor(max_texts, OptionInfo{"max-texts", "texts", "texts in one request"});
    visitor(max_job_texts, OptionInfo{"max-job-texts", "texts", "texts in one job of /v1/jobs"});
    visitor(web_dir, OptionInfo{"web-dir", "", "folder of the page; empty: the one beside the program"});
  }
};

// start() listens and returns; stop() drains. One thread calls them.
class Server {
 public:
  Server(Service& service, const ServerOptions& options, const SchemaLimits& limits, Metrics& metrics = no_metrics());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Errors: unavailable when the address cannot be bound or web_dir cannot be read (says which and why).
  // Raises the process' soft limit on open files to what max_connections needs.
  Result<void> start();

  // The port in use, after start().
  int port() const;

  // Stops accepting, lets what was accepted be answered (at most drain_timeout_ms), then closes.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "0.11.4": the cpp-httplib that was compiled in.
std::string http_library_version();

}  // namespace uie
