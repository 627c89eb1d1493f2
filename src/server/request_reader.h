// Bytes of one connection in, complete requests out: no sockets, no clock, bounded memory.
//
// A handler never sees a request before its last byte has arrived and all limits have passed, so a slow or endless
// client costs a buffer here and never a thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/chunked.h"
#include "server/http_head.h"

namespace uie {

struct ReadLimits {
  HeadLimits head;
  size_t body_bytes = 8u << 20;
};

struct HttpRequest {
  HttpHead head;
  std::string body;
};

class RequestReader {
 public:
  enum class State { idle, head, body, complete, refused };

  explicit RequestReader(const ReadLimits& limits) : limits_(limits), scanner_(limits.head) {}

  // Takes all of `bytes`; what lies behind the end of the request is kept for the next.
  State feed(std::string_view bytes);

  State state() const { return state_; }
  // Bytes held, pipelined ones included.
  size_t buffered() const { return buffer_.size() + request_.body.size(); }
  // True once, when the client waits for "100 Continue" before it sends its body.
  bool take_expect_continue();
  // After `refused`. Nothing more can be read from this connection.
  const Problem& problem() const { return problem_; }
  // After `complete`: gives the request away and reads on in what is left of the input.
  HttpRequest take();

 private:
  State advance();
  State advance_head();
  State advance_body();
  State begin_body();
  State refuse(Problem problem);

  ReadLimits limits_;
  State state_ = State::idle;
  std::string buffer_;  // input not yet taken into request_
  HeadScanner scanner_;
  HttpRequest request_;
  std::optional<ChunkedDecoder> chunked_;
  bool expect_continue_ = false;
  Problem problem_;
};

}  // namespace uie
