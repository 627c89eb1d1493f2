// The one table from our error codes to HTTP, and the one shape of an error answer (RFC 9457, spec/interface.md §2.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"
#include "uie/schema/json.h"

namespace uie {

struct Problem {
  struct Place {
    std::string pointer, message;  // JSON pointer into the request
  };

  int status = 500;
  std::string code;  // name of the kind for machines: "overloaded"; empty: the status says it all
  std::string detail;
  std::vector<Place> errors;
  int retry_after_s = 0;  // 0: no Retry-After
  std::string allow;      // 405: the value of Allow

  bool temporary() const { return status == 429 || status == 503; }
};

// What the request was being read for when the error came up: bytes that are no JSON are 400, JSON that asks for
// something impossible is 422.
enum class Stage { bytes, meaning };

int http_status(ErrorCode code, Stage stage = Stage::meaning);

// "Unprocessable Content", ...; "Error" for a status that we never send.
std::string_view status_title(int status);

// Internal details stay here: such errors are logged and answered with a sentence that says nothing.
Problem to_problem(const Error& error, Stage stage = Stage::meaning);

Problem make_problem(int status, std::string detail);

// {"type","title","status","detail","instance","errors"}; no "instance" when `request_id` is empty.
Json to_json(const Problem& problem, std::string_view request_id = {});

}  // namespace uie
