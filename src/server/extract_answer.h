// What becomes of an extract request: its texts worked on, and each text's answer as JSON. /v1/extract and /v1/jobs.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/extract_request.h"
#include "server/job_run.h"

namespace uie {

// A request after its texts have been worked on.
struct Done {
  ExtractRequest request;
  std::vector<JobResult> results;  // one a text and task, text by text; one a text where a schema was asked

  size_t per_text() const { return std::max<size_t>(request.tasks.size(), 1); }
  size_t texts() const { return results.size() / per_text(); }
  const Text& text(size_t index) const;
};

// All texts and tasks are in the queue before any is waited for.
Done work_on(ExtractRequest request, const Exchange& exchange, const std::string& request_id, const Site& site);

// When nothing succeeded the request as a whole has failed, and its status says so.
std::optional<Problem> whole_problem(const Done& done, const Site& site);

// With Retry-After where trying again helps.
Problem item_problem(const Error& error, const Done& done, const Site& site);

// The native tuples of a text that succeeded.
Json output_json(const Done& done, size_t index, bool with_confidence);

// {"output" or "tasks", …}, or {"error": problem}.
Json result_json(const Done& done, size_t index, const Site& site);

}  // namespace uie
