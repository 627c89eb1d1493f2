#include "server/batch_lines.h"

#include <algorithm>
#include <utility>

#include "server/csv.h"
#include "uie/text/text.h"

namespace uie {
namespace {

using Read = tl::expected<Lines, Problem>;

tl::unexpected<Problem> refuse(std::string message, std::string where) {
  return tl::unexpected(to_problem({ErrorCode::invalid_request, std::move(message), std::move(where)}));
}

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// "/text" of line 3 → "/3/text": lines count from 1, as in an editor.
std::string line_place(size_t number, const std::string& pointer) { return "/" + std::to_string(number) + pointer; }

Read read_jsonl(std::string_view body, const Site& site) {
  Lines lines;
  for (size_t number = 1; !body.empty(); ++number) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto json = parse_json(line, site.limits);
    if (!json) return refuse(json.error().message, line_place(number, ""));
    const Json* text = json->is_object() ? member(*json, "text") : nullptr;
    if (!text) return refuse(R"(each line must be an object with a "text")", line_place(number, "/text"));
    lines.add(*text, member(*json, "schema"), member(*json, "id"));
  }
  return lines;
}

Read read_csv(std::string_view body) {
  const auto rows = parse_csv(body);
  if (rows.empty()) return Lines{};
  const auto column = [&](std::string_view name) {
    return std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin();
  };
  const auto text = static_cast<size_t>(column("text")), id = static_cast<size_t>(column("id"));
  if (text == rows[0].size()) return refuse("the first line must name the columns, one of them 'text'", "/1");
  Lines lines;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (text >= rows[i].size()) return refuse("this row has no text", line_place(i + 1, "/text"));
    const Json own = id < rows[i].size() ? Json(rows[i][id]) : Json();
    lines.add(rows[i][text], nullptr, own.is_null() ? nullptr : &own);
  }
  return lines;
}

Read read_plain(std::string_view body) {
  Lines lines;
  while (!body.empty()) {
    std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.add(std::string(line));
  }
  return lines;
}

}  // namespace

void Lines::add(Json text, const Json* schema, const Json* id) {
  Json line{{"text", std::move(text)}};
  if (schema) line["schema"] = *schema;
  if (id) line["id"] = *id;
  with_schema += schema != nullptr;
  json.push_back(dump_json(line));
}

std::optional<LineFormat> line_format(std::string_view media_type) {
  if (media_type == "application/x-ndjson" || media_type == "application/jsonl" ||
      media_type == "application/jsonlines")
    return LineFormat::jsonl;
  if (media_type == "text/csv") return LineFormat::csv;
  if (media_type == "text/plain") return LineFormat::plain;
  return std::nullopt;
}

std::optional<LineFormat> line_format_of_file(std::string_view name) {
  std::string ending(name.substr(std::min(name.rfind('.'), name.size())));
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  if (ending == ".jsonl" || ending == ".ndjson") return LineFormat::jsonl;
  if (ending == ".csv") return LineFormat::csv;
  if (ending == ".txt") return LineFormat::plain;
  return std::nullopt;
}

Read read_lines(LineFormat format, std::string_view bytes, const Site& site) {
  if (size_t bad = 0; !is_valid_utf8(bytes, &bad)) {
    return tl::unexpected(to_problem(
        {ErrorCode::invalid_request, "the upload is not UTF-8", "byte " + std::to_string(bad)}, Stage::bytes));
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  switch (format) {
    case LineFormat::jsonl:
      return read_jsonl(bytes, site);
    case LineFormat::csv:
      return read_csv(bytes);
    case LineFormat::plain:
      return read_plain(bytes);
  }
  return Lines{};
}

}  // namespace uie
