// The names under which one request is found again: X-Request-Id and W3C traceparent. Taken from the client when they
// are well formed, made where absent, given back and logged.
#pragma once

#include <string>
#include <string_view>

namespace uie {

struct RequestIds {
  std::string request_id;   // at most 128 visible ASCII characters without quotes or backslash
  std::string traceparent;  // "00-TRACEID-PARENTID-FLAGS", https://www.w3.org/TR/trace-context/

  std::string_view trace_id() const { return std::string_view(traceparent).substr(3, 32); }
};

// Null: the client sent none. A malformed one is replaced, never refused.
RequestIds take_ids(const std::string* request_id, const std::string* traceparent);

bool is_request_id(std::string_view value);
bool is_traceparent(std::string_view value);

}  // namespace uie
