// The results of a job in the form that its reader asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/site.h"
#include "uie/queue/batch_store.h"

namespace uie {

enum class ResultFormat { json, jsonl, csv };

// ?format= where it is given, else Accept. Errors: 422 for a format that is not known.
tl::expected<ResultFormat, Problem> result_format(const Call& call);

std::string_view content_type(ResultFormat format);

// lines: what the runner wrote, {"index", "id"?, "output" or "tasks" or "error", …} each.
// json: {job, "results": […]}. jsonl: the lines. csv: a row for each tuple, a group of columns for each of its items;
// a text without any has one row; tasks by name stand as JSON in the column "answer".
std::string format_results(ResultFormat format, const BatchView& batch, const std::vector<std::string>& lines,
                           bool durable);

// {"id", "status", "total", "done", "failed", "durable", "created_at", "expires_at", "result"}
Json to_json(const BatchView& batch, bool durable);

}  // namespace uie
