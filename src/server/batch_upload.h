// The body of POST /v1/jobs, whatever its form: what is asked, and the lines that are worked on one by one.
#pragma once

#include "server/batch_lines.h"

namespace uie {

struct Upload {
  Json question;  // schema or task(s), model, options: of every line that has no schema of its own
  Lines lines;
};

// By Content-Type: application/json {"texts", …} as for /v1/extract; application/x-ndjson, text/csv and text/plain are
// lines, with the question in the query (?task=ner, ?schema={…}, ?model=…, ?options={…}, percent-encoded);
// multipart/form-data is one such file, with the question in other fields of the form or in the query.
tl::expected<Upload, Problem> read_upload(const Call& call, const Site& site);

}  // namespace uie
