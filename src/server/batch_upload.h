// The body of POST /v1/jobs, whatever its form, as lines that are worked on one by one.
#pragma once

#include <string>
#include <vector>

#include "server/site.h"

namespace uie {

struct Upload {
  Json question;                   // schema or task(s), model, options: of every line that has no schema of its own
  std::vector<std::string> lines;  // {"text", "schema"?, "id"?}, one JSON object each
  size_t with_schema = 0;          // of the lines
};

// By Content-Type: application/json {"texts", …} as for /v1/extract; application/x-ndjson {"text", "schema"?, "id"?} a
// line; text/csv with a header line (columns text, and perhaps id); text/plain, a text a line. Except in the first the
// question stands in the query: ?task=ner, ?schema={…}, ?model=…, ?options={…}, percent-encoded.
tl::expected<Upload, Problem> read_upload(const Call& call, const Site& site);

}  // namespace uie
