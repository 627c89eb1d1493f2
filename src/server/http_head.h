// The request line and headers of one HTTP/1.x request, read strictly.
//
// Whatever two parsers could read differently is refused (RFC 9112 §11.2, request smuggling): bare LF, folded lines,
// spaces around names, control characters, a repeated Content-Length, Content-Length with Transfer-Encoding, any
// transfer coding but `chunked`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api_error.h"

namespace uie {

struct HeadLimits {
  size_t line_bytes = 8u << 10;          // request line; longer: 414
  size_t header_line_bytes = 16u << 10;  // one header line; longer: 431
  size_t headers_bytes = 64u << 10;      // all header lines; more: 431
};

struct HttpHead {
  std::string method;
  std::string target;  // origin form ("/path?query") or "*"; absolute form is reduced to it
  bool http_1_0 = false;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, values without outer spaces

  // What the headers mean for the framing.
  uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;

  // The target up to "?", as sent: never percent-decoded, so that one path has one spelling.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // The first header of that name (in lower case); null when there is none.
  const std::string* find(std::string_view lower_name) const;
};

// Where the head ends, looking at bytes as they arrive.
class HeadScanner {
 public:
  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

  enum class Found { more, head, refused };

  // `buffer` holds everything from the request line on; grows between calls. Each byte is looked at once.
  Found scan(std::string_view buffer);

  size_t head_bytes() const { return next_; }  // after `head`: with the final empty line
  const Problem& problem() const { return problem_; }
  void reset() { *this = HeadScanner(limits_); }

 private:
  Found refuse(int status, std::string detail);

  HeadLimits limits_;
  size_t next_ = 0;        // first byte not looked at
  size_t line_begin_ = 0;  // of the line being read
  size_t headers_begin_ = 0;
  bool in_request_line_ = true;
  Problem problem_;
};

// `head`: what HeadScanner found, final empty line included.
tl::expected<HttpHead, Problem> parse_head(std::string_view head);

}  // namespace uie
