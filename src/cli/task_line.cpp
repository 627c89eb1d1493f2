#include "cli/task_line.h"

namespace uie::cli {

Result<Text> text_member(const Json& object, const char* key, const SchemaLimits& limits) {
  const std::string pointer = std::string("/") + key;
  const auto found = object.find(key);
  if (found == object.end())
    return fail(ErrorCode::invalid_request, std::string("\"") + key + "\" is missing", pointer);
  if (!found->is_string())
    return fail(ErrorCode::invalid_request, std::string("\"") + key + "\" must be a string", pointer);
  auto text = Text::from_utf8(found->get<std::string>());
  if (!text) return fail(text.error().code, text.error().message, pointer);
  if (text->size() > limits.max_text_chars) {
    return fail(ErrorCode::too_large,
                "the text has " + std::to_string(text->size()) + " characters; at most " +
                    std::to_string(limits.max_text_chars) + " are taken",
                pointer);
  }
  return text;
}

Result<Schema> TaskLineParser::schema_of(const Json& json) {
  if (last_schema_ && json == last_json_) return last_schema_;
  auto schema = parse_schema(json, limits_, "/schema");
  if (schema) {
    last_json_ = json;
    last_schema_ = *schema;
  }
  return schema;
}

Result<std::optional<AskedTask>> TaskLineParser::asked_by(const Json& line) const {
  if (const auto task = line.find("task"); task != line.end()) {
    if (line.contains("schema")) return fail(ErrorCode::invalid_request, "give either a schema or a task", "/schema");
    auto asked = parse_task(*task, limits_, "/task");
    if (!asked) return Unexpected(asked.error());
    return std::optional(*std::move(asked));
  }
  if (line.contains("schema")) return std::optional<AskedTask>();
  if (!default_) return fail(ErrorCode::invalid_request, "\"schema\" or \"task\" is missing", "/schema");
  return default_;
}

Result<TaskLine> TaskLineParser::parse(std::string_view line, Json& id) {
  auto json = parse_json(line, limits_);
  if (!json) return Unexpected(json.error());
  if (!json->is_object())
    return fail(ErrorCode::invalid_request, "a line must be a JSON object with \"text\" and \"schema\" or \"task\"");
  if (const auto found = json->find("id"); found != json->end()) id = *found;
  auto text = text_member(*json, "text", limits_);
  if (!text) return Unexpected(text.error());
  auto asked = asked_by(*json);
  if (!asked) return Unexpected(asked.error());
  TaskLine read{{}, *std::move(asked)};
  if (read.asked) {
    if (auto checked = check_task(*read.asked, *text); !checked) return Unexpected(checked.error());
    read.task.schema = read.asked->labels;
    read.task.named = read.asked->named;
  } else {
    auto schema = schema_of((*json)["schema"]);
    if (!schema) return Unexpected(schema.error());
    read.task.schema = *std::move(schema);
  }
  read.task.text = *std::move(text);
  if (const auto options = json->find("options"); options != json->end()) {
    auto parsed = parse_options(*options, "/options");
    if (!parsed) return Unexpected(parsed.error());
    read.task.options = *std::move(parsed);
  }
  return read;
}

}  // namespace uie::cli
