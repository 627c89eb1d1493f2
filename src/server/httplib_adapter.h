// cpp-httplib as the writer of answers and the reader of heads that have passed the guard.
//
// httplib::Server::process_request() runs on a Stream of ours that holds the checked head in memory and collects the
// answer. What would let a client steer the library is taken out of the head first: Range (a regular expression that
// recurses once a character), Accept-Encoding (brotli at its slowest setting for each answer), Expect, framing headers
// and lines longer than the library takes.
#pragma once

#include <memory>
#include <string>

#include "server/router.h"

namespace uie {

// One a worker thread.
class HttplibAdapter {
 public:
  struct Answer {
    std::string bytes;
    int status = 500;
    bool close = false;
    const Route* route = nullptr;
  };

  HttplibAdapter(const Router& router, const Phase& phase, int idle_timeout_ms);
  ~HttplibAdapter();

  Answer answer(const Exchange& exchange, const RequestIds& ids);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

// The version of cpp-httplib that was compiled in.
std::string httplib_version();

}  // namespace uie
