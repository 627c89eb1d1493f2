// Errors as values: what is wrong, where, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace uie {

// A small closed set: each code asks the caller to do something different. The mapping to HTTP is in
// server/api_error.cpp.
enum class ErrorCode {
  invalid_request,     // the request is malformed or impossible: change it
  unauthorised,        // no or wrong key
  not_found,           // no such model, job or route
  too_large,           // over a limit: send less
  overloaded,          // no room now: try again later
  deadline,            // the deadline passed before the answer was there
  cancelled,           // the caller has gone
  unavailable,         // no worker, no device or no store: try again later
  corrupt_checkpoint,  // a model directory that cannot be used
  unsupported,         // valid, but not something this build or model can do
  internal,            // a defect of ours; details belong in the log, never in an answer
};

// The code's name as written above ("invalid_request", ...).
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // one sentence for a person: what is wrong and what would be right
  std::string where;    // the place: a JSON pointer ("/schema/人物"), a file, a tensor name; may be empty
};

template <class T>
using Result = tl::expected<T, Error>;

using Unexpected = tl::unexpected<Error>;

inline Unexpected fail(ErrorCode code, std::string message, std::string where = {}) {
  return Unexpected(Error{code, std::move(message), std::move(where)});
}

}  // namespace uie
