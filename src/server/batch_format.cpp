#include "server/batch_format.h"

#include <algorithm>
#include <ctime>

#include "server/csv.h"
#include "server/query_string.h"

namespace uie {
namespace {

std::string iso_time(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string status_of(const BatchView& batch) {
  if (batch.finished()) return "done";
  return batch.started ? "running" : "queued";
}

std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : dump_json(value); }

size_t longest_tuple(const std::vector<Json>& results) {
  size_t items = 1;
  for (const Json& result : results) {
    for (const Json& tuple : result.value("output", Json::array())) items = std::max(items, tuple.size());
  }
  return items;
}

CsvRow header_row(size_t items) {
  CsvRow row{"index", "id", "error", "answer"};
  for (size_t i = 1; i <= items; ++i) {
    for (const char* name : {"type", "span", "begin", "end", "confidence"})
      row.push_back(name + ("_" + std::to_string(i)));
  }
  return row;
}

CsvRow first_columns(const Json& result) {
  const auto error = result.find("error");
  return {dump_json(result.at("index")), result.contains("id") ? plain(result["id"]) : "",
          error == result.end() ? "" : plain(error->value("detail", Json(""))),
          result.contains("tasks") ? dump_json(result["tasks"]) : ""};
}

std::string csv_rows(const Json& result, size_t columns) {
  std::string rows;
  for (const Json& tuple : result.value("output", Json::array())) {
    CsvRow row = first_columns(result);
    for (const Json& item : tuple) {
      for (const Json& value :
           {item.at("type"), item.at("span"), item.at("offset")[0], item.at("offset")[1], item.at("confidence")}) {
        row.push_back(plain(value));
      }
    }
    row.resize(columns);
    rows += csv_line(row);
  }
  if (!rows.empty()) return rows;
  CsvRow row = first_columns(result);
  row.resize(columns);
  return csv_line(row);
}

std::string to_csv(const std::vector<std::string>& lines) {
  std::vector<Json> results;
  for (const std::string& line : lines) results.push_back(Json::parse(line, nullptr, false));
  const CsvRow header = header_row(longest_tuple(results));
  std::string csv = csv_line(header);
  for (const Json& result : results) csv += csv_rows(result, header.size());
  return csv;
}

}  // namespace

tl::expected<ResultFormat, Problem> result_format(const Call& call) {
  const auto parameters = query_parameters(call.head().target);
  if (const auto asked = parameters.find("format"); asked != parameters.end()) {
    if (asked->second == "json") return ResultFormat::json;
    if (asked->second == "jsonl") return ResultFormat::jsonl;
    if (asked->second == "csv") return ResultFormat::csv;
    return tl::unexpected(to_problem({ErrorCode::invalid_request, "the format must be json, jsonl or csv", "/format"}));
  }
  const std::string* accept = call.head().find("accept");
  const auto wants = [&](std::string_view type) { return accept && accept->find(type) != std::string::npos; };
  if (wants("application/json")) return ResultFormat::json;
  if (wants("ndjson") || wants("jsonl")) return ResultFormat::jsonl;
  return wants("text/csv") ? ResultFormat::csv : ResultFormat::json;
}

std::string_view content_type(ResultFormat format) {
  switch (format) {
    case ResultFormat::jsonl:
      return "application/x-ndjson";
    case ResultFormat::csv:
      return "text/csv; charset=utf-8";
    case ResultFormat::json:
      break;
  }
  return "application/json";
}

Json to_json(const BatchView& batch, bool durable) {
  return {{"id", batch.id},
          {"status", status_of(batch)},
          {"total", batch.total},
          {"done", batch.done},
          {"failed", batch.failed},
          {"durable", durable},
          {"created_at", iso_time(batch.created)},
          {"expires_at", iso_time(batch.expires)},
          {"result", "/v1/jobs/" + batch.id + "/result"}};
}

std::string format_results(ResultFormat format, const BatchView& batch, const std::vector<std::string>& lines,
                           bool durable) {
  if (format == ResultFormat::csv) return to_csv(lines);
  std::string text;
  if (format == ResultFormat::jsonl) {
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  // The lines are JSON already: they are put in as they are, not read and written again.
  text = dump_json(to_json(batch, durable));
  text.back() = ',';
  text += "\"results\":[";
  for (const std::string& line : lines) text += (&line == lines.data() ? "" : ",") + line;
  return text + "]}";
}

}  // namespace uie
