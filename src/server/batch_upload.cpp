#include "server/batch_upload.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/csv.h"
#include "server/query_string.h"
#include "uie/text/text.h"

namespace uie {
namespace {

using Refused = tl::unexpected<Problem>;
// The lines, and how many bring a schema; their question is read elsewhere.
using Lines = tl::expected<Upload, Problem>;

Refused refuse(std::string message, std::string where) {
  return Refused(to_problem({ErrorCode::invalid_request, std::move(message), std::move(where)}));
}

void add_line(Upload& upload, Json text, const Json* schema = nullptr, const Json* id = nullptr) {
  Json line{{"text", std::move(text)}};
  if (schema) line["schema"] = *schema;
  if (id) line["id"] = *id;
  upload.with_schema += schema != nullptr;
  upload.lines.push_back(dump_json(line));
}

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

tl::expected<Upload, Problem> read_json(const Call& call, const Site& site) {
  auto body = json_body(call, site.limits);
  if (!body) return Refused(std::move(body.error()));
  Json texts = body->value("texts", Json());
  if (!texts.is_array()) return refuse("a job needs 'texts', a list", "/texts");
  const Json schemas = body->value("schemas", Json());
  if (!schemas.is_null() && (!schemas.is_array() || schemas.size() != texts.size())) {
    return refuse("give as many schemas as texts, or one 'schema' for all", "/schemas");
  }
  Upload upload;
  for (size_t i = 0; i < texts.size(); ++i) {
    add_line(upload, std::move(texts[i]), schemas.is_null() ? nullptr : &schemas[i]);
  }
  body->erase("texts");
  body->erase("schemas");
  upload.question = *std::move(body);
  return upload;
}

// "/text" of line 3 → "/3/text": lines count from 1, as in an editor.
std::string line_place(size_t number, const std::string& pointer) { return "/" + std::to_string(number) + pointer; }

Lines read_jsonl(std::string_view body, const Site& site) {
  Upload upload;
  for (size_t number = 1; !body.empty(); ++number) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto json = parse_json(line, site.limits);
    if (!json) return refuse(json.error().message, line_place(number, ""));
    const Json* text = json->is_object() ? member(*json, "text") : nullptr;
    if (!text) return refuse(R"(each line must be an object with a "text")", line_place(number, "/text"));
    add_line(upload, *text, member(*json, "schema"), member(*json, "id"));
  }
  return upload;
}

Lines read_csv(std::string_view body) {
  const auto rows = parse_csv(body);
  if (rows.empty()) return Upload{};
  const auto column = [&](std::string_view name) {
    return std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin();
  };
  const auto text = static_cast<size_t>(column("text")), id = static_cast<size_t>(column("id"));
  if (text == rows[0].size()) return refuse("the first line must name the columns, one of them 'text'", "/1");
  Upload upload;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (text >= rows[i].size()) return refuse("this row has no text", line_place(i + 1, "/text"));
    const Json own = id < rows[i].size() ? Json(rows[i][id]) : Json();
    add_line(upload, rows[i][text], nullptr, own.is_null() ? nullptr : &own);
  }
  return upload;
}

Lines read_plain(std::string_view body) {
  Upload upload;
  while (!body.empty()) {
    std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) add_line(upload, std::string(line));
  }
  return upload;
}

// schema, task, tasks and options are JSON where they look like it, and names otherwise.
tl::expected<Json, Problem> question_of_query(const Call& call, const Site& site) {
  constexpr std::array<std::string_view, 5> known = {"schema", "task", "tasks", "model", "options"};
  Json question = Json::object();
  for (const auto& [name, value] : query_parameters(call.head().target)) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refuse("unknown parameter; known are schema, task, tasks, model, options", "/" + pointer_token(name));
    }
    const bool json = value.starts_with('{') || value.starts_with('[');
    auto parsed = json ? parse_json(value, site.limits) : Result<Json>(Json(value));
    if (!parsed) return refuse(parsed.error().message, "/" + pointer_token(name));
    question[name] = *std::move(parsed);
  }
  return question;
}

std::string media_type(const Call& call) {
  const std::string* header = call.head().find("content-type");
  std::string type = header ? header->substr(0, header->find_first_of("; \t")) : "";
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

tl::expected<Upload, Problem> read_any(const Call& call, const Site& site) {
  const std::string type = media_type(call);
  if (type == "application/json") return read_json(call, site);
  std::string_view body = call.body();
  if (size_t bad = 0; !is_valid_utf8(body, &bad)) {
    return Refused(to_problem({ErrorCode::invalid_request, "the upload is not UTF-8", "byte " + std::to_string(bad)},
                              Stage::bytes));
  }
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  Lines lines = refuse("", "");
  if (type == "application/x-ndjson" || type == "application/jsonl" || type == "application/jsonlines") {
    lines = read_jsonl(body, site);
  } else if (type == "text/csv") {
    lines = read_csv(body);
  } else if (type == "text/plain") {
    lines = read_plain(body);
  } else {
    return Refused(make_problem(
        415, "say what the body is: Content-Type application/json, application/x-ndjson, text/csv or text/plain"));
  }
  if (!lines) return Refused(std::move(lines.error()));
  auto question = question_of_query(call, site);
  if (!question) return Refused(std::move(question.error()));
  lines->question = *std::move(question);
  return lines;
}

}  // namespace

tl::expected<Upload, Problem> read_upload(const Call& call, const Site& site) {
  auto upload = read_any(call, site);
  if (!upload) return upload;
  if (upload->lines.empty()) return refuse("there is no text in it", "/texts");
  const size_t most = site.options.max_job_texts;
  if (upload->lines.size() > most) {
    return Refused(to_problem(
        {ErrorCode::too_large,
         std::to_string(upload->lines.size()) + " texts; at most " + std::to_string(most) + " in one job", "/texts"}));
  }
  return upload;
}

}  // namespace uie
