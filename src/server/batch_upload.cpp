#include "server/batch_upload.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/multipart.h"
#include "server/query_string.h"
#include "uie/text/text.h"

namespace uie {
namespace {

using Refused = tl::unexpected<Problem>;
using Read = tl::expected<Upload, Problem>;

Refused refuse(std::string message, std::string where) {
  return Refused(to_problem({ErrorCode::invalid_request, std::move(message), std::move(where)}));
}

Read read_json(const Call& call, const Site& site) {
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
    upload.lines.add(std::move(texts[i]), schemas.is_null() ? nullptr : &schemas[i]);
  }
  body->erase("texts");
  body->erase("schemas");
  upload.question = *std::move(body);
  return upload;
}

// schema, task, tasks and options are JSON where they look like it, and names otherwise.
tl::expected<void, Problem> ask(Json& question, const std::string& name, std::string_view value, const Site& site) {
  constexpr std::array<std::string_view, 5> known = {"schema", "task", "tasks", "model", "options"};
  const std::string pointer = "/" + pointer_token(name);
  if (std::find(known.begin(), known.end(), name) == known.end())
    return refuse("unknown parameter; known are schema, task, tasks, model, options", pointer);
  if (question.contains(name)) return refuse("this is asked twice", pointer);
  const bool json = value.starts_with('{') || value.starts_with('[');
  auto parsed = json ? parse_json(value, site.limits) : Result<Json>(Json(value));
  if (!parsed) return refuse(parsed.error().message, pointer);
  question[name] = *std::move(parsed);
  return {};
}

tl::expected<Json, Problem> question_of_query(const Call& call, const Site& site) {
  Json question = Json::object();
  for (const auto& [name, value] : query_parameters(call.head().target)) {
    if (auto asked = ask(question, name, value, site); !asked) return Refused(std::move(asked.error()));
  }
  return question;
}

std::string media_type(std::string_view header) {
  std::string type(header.substr(0, header.find_first_of("; \t")));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

Read read_body(LineFormat format, const Call& call, const Site& site) {
  auto lines = read_lines(format, call.body(), site);
  if (!lines) return Refused(std::move(lines.error()));
  auto question = question_of_query(call, site);
  if (!question) return Refused(std::move(question.error()));
  return Upload{*std::move(question), *std::move(lines)};
}

// What a file is, its name says first: browsers call a CSV what the desktop calls it, and JSON lines nothing.
tl::expected<Lines, Problem> read_file(const FormPart& file, const Site& site) {
  auto format = line_format_of_file(*file.filename);
  if (!format) format = line_format(media_type(file.content_type));
  if (!format) return Refused(make_problem(415, "the file's name must end in .jsonl, .csv or .txt"));
  return read_lines(*format, file.content, site);
}

// A browser sends every field of its form: what was left empty is not asked, and a file that was not chosen is none.
Read read_form(std::string_view content_type, const Call& call, const Site& site) {
  const auto parts = parse_multipart(content_type, call.body());
  if (!parts) return Refused(to_problem(parts.error(), Stage::bytes));
  auto question = question_of_query(call, site);
  if (!question) return Refused(std::move(question.error()));
  const FormPart* file = nullptr;
  for (const FormPart& part : *parts) {
    if (!is_valid_utf8(part.name)) return refuse("the name of a field is not UTF-8", "");
    if (part.filename && part.filename->empty() && part.content.empty()) continue;
    if (part.filename) {
      if (file) return refuse("a job takes one file", "/" + pointer_token(part.name));
      file = &part;
      continue;
    }
    if (!is_valid_utf8(part.content)) return refuse("this field is not UTF-8", "/" + pointer_token(part.name));
    std::string_view value = part.content;
    value.remove_prefix(std::min(value.find_first_not_of(" \t\r\n"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    if (value.empty()) continue;
    if (auto asked = ask(*question, part.name, value, site); !asked) return Refused(std::move(asked.error()));
  }
  if (!file) return refuse("the form has no file", "/file");
  auto lines = read_file(*file, site);
  if (!lines) return Refused(std::move(lines.error()));
  return Upload{*std::move(question), *std::move(lines)};
}

Read read_any(const Call& call, const Site& site) {
  const std::string* header = call.head().find("content-type");
  const std::string type = media_type(header ? *header : "");
  if (type == "application/json") return read_json(call, site);
  if (type == "multipart/form-data") return read_form(*header, call, site);
  if (const auto format = line_format(type)) return read_body(*format, call, site);
  return Refused(make_problem(415,
                              "say what the body is: Content-Type application/json, application/x-ndjson, text/csv, "
                              "text/plain or multipart/form-data"));
}

}  // namespace

tl::expected<Upload, Problem> read_upload(const Call& call, const Site& site) {
  auto upload = read_any(call, site);
  if (!upload) return upload;
  const size_t count = upload->lines.json.size(), most = site.options.max_job_texts;
  if (count == 0) return refuse("there is no text in it", "/texts");
  if (count > most) {
    return Refused(
        to_problem({ErrorCode::too_large,
                    std::to_string(count) + " texts; at most " + std::to_string(most) + " in one job", "/texts"}));
  }
  return upload;
}

}  // namespace uie
