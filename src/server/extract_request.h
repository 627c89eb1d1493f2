// The body of /v1/extract and its older relatives, as native types.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "server/site.h"
#include "uie/schema/tasks.h"

namespace uie {

struct ExtractItem {
  Text text;
  Schema schema;  // null where tasks are asked by name
};

struct ExtractRequest {
  std::string model;  // empty: the default
  bool many = false;  // lists were sent: an error is one item's, not the request's
  std::vector<Result<ExtractItem>> items;
  std::vector<AskedTask> tasks;  // asked about every text; none: each item's schema is
  TaskOptions options;
  Deadline deadline;
};

// strict: unknown fields are refused (/v1); otherwise passed over, as the older servers do.
enum class Fields { strict, lenient };

// `arrived`: the deadline counts from it.
tl::expected<ExtractRequest, Problem> read_extract_request(const Json& body, const Site& site, Fields fields,
                                                           std::chrono::steady_clock::time_point arrived);

}  // namespace uie
