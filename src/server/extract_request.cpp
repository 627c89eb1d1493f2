#include "server/extract_request.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "server/read_text.h"

namespace uie {
namespace {

using Refused = tl::unexpected<Problem>;
using Checked = tl::expected<void, Problem>;

// A thread waits as long as a request may take, so a client cannot ask for days.
constexpr uint32_t max_deadline_ms = 600'000;

Refused refuse(ErrorCode code, std::string message, std::string pointer) {
  return Refused(to_problem({code, std::move(message), std::move(pointer)}));
}

Refused refuse(std::string message, std::string pointer) {
  return refuse(ErrorCode::invalid_request, std::move(message), std::move(pointer));
}

Checked check_fields(const Json& body) {
  constexpr std::array<std::string_view, 8> known = {"text", "texts", "schema", "schemas",
                                                     "task", "tasks", "model",  "options"};
  for (const auto& [name, value] : body.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string message = "unknown field; known are text, texts, schema, schemas, task, tasks, model, options";
    if (body.contains("task"))
      message += R"(; parameters of a task stand with it, as {"task": {"task": "ner", "labels": ["人物"]}})";
    return refuse(std::move(message), "/" + pointer_token(name));
  }
  return {};
}

// Exactly one of a field and its plural, which must be a list of at most `max`.
Checked check_pair(const Json& body, const char* one, const char* many, size_t max) {
  if (body.contains(one) == body.contains(many)) {
    const std::string both = std::string("'") + one + "' or '" + many + "'";
    const std::string pointer = body.contains(one) ? std::string("/") + many : std::string("/") + one;
    return refuse((body.contains(one) ? "give either " : "the request needs ") + both, pointer);
  }
  if (body.contains(one)) return {};
  const std::string pointer = std::string("/") + many;
  if (!body[many].is_array()) return refuse("this must be a list", pointer);
  if (body[many].size() <= max) return {};
  return refuse(ErrorCode::too_large, "at most " + std::to_string(max) + " in one request", pointer);
}

// An object, or a string holding one.
Result<Schema> read_schema(const Json& json, const SchemaLimits& limits, const std::string& pointer) {
  if (json.is_string()) return parse_schema(std::string_view(json.get_ref<const std::string&>()), limits, pointer);
  return parse_schema(json, limits, pointer);
}

Result<ExtractItem> make_item(Result<Text> text, const Result<Schema>& schema) {
  if (!text) return tl::unexpected(std::move(text.error()));
  if (!schema) return tl::unexpected(schema.error());
  return ExtractItem{*std::move(text), *schema};
}

using Items = std::vector<Result<ExtractItem>>;

bool names_tasks(const Json& body) { return body.contains("task") || body.contains("tasks"); }

// Exactly one of schema, schemas, task and tasks.
Checked check_question(const Json& body, Fields fields, size_t max) {
  if (fields == Fields::strict && !names_tasks(body) && !body.contains("schema") && !body.contains("schemas")) {
    return refuse(R"(the request needs a 'schema' (or 'schemas'), or a 'task' by name (or 'tasks'), as "ner")",
                  "/schema");
  }
  if (fields == Fields::lenient || !names_tasks(body)) return check_pair(body, "schema", "schemas", max);
  for (const char* schema : {"schema", "schemas"}) {
    if (body.contains(schema)) return refuse("give either a schema or a task by name", std::string("/") + schema);
  }
  return check_pair(body, "task", "tasks", max);
}

tl::expected<std::vector<AskedTask>, Problem> read_tasks(const Json& body, const SchemaLimits& limits) {
  if (body.contains("tasks")) {
    auto tasks = parse_tasks(body["tasks"], limits, "/tasks");
    if (!tasks) return Refused(to_problem(tasks.error()));
    return *std::move(tasks);
  }
  auto task = parse_task(body["task"], limits, "/task");
  if (!task) return Refused(to_problem(task.error()));
  return std::vector<AskedTask>{*std::move(task)};
}

// Texts of which every task can be asked.
Result<ExtractItem> make_item(Result<Text> text, const std::vector<AskedTask>& tasks) {
  if (!text) return tl::unexpected(std::move(text.error()));
  for (const AskedTask& task : tasks) {
    if (auto checked = check_task(task, *text); !checked) return tl::unexpected(std::move(checked.error()));
  }
  return ExtractItem{*std::move(text), nullptr};
}

Items read_items_of_tasks(const Json& body, const std::vector<AskedTask>& tasks, const SchemaLimits& limits) {
  Items items;
  if (body.contains("text")) {
    items.push_back(make_item(read_text(body["text"], limits, "/text"), tasks));
    return items;
  }
  for (const Json& text : body["texts"]) {
    items.push_back(make_item(read_text(text, limits, "/texts/" + std::to_string(items.size())), tasks));
  }
  return items;
}

// One schema for all texts: when it is bad, so is the request.
tl::expected<Items, Problem> read_items_one_schema(const Json& body, const Json& schema_json,
                                                   const std::string& schema_pointer, const SchemaLimits& limits) {
  const Result<Schema> schema = read_schema(schema_json, limits, schema_pointer);
  if (!schema) return Refused(to_problem(schema.error()));
  Items items;
  if (body.contains("text")) {
    items.push_back(make_item(read_text(body["text"], limits, "/text"), schema));
    return items;
  }
  for (const Json& text : body["texts"]) {
    items.push_back(make_item(read_text(text, limits, "/texts/" + std::to_string(items.size())), schema));
  }
  return items;
}

tl::expected<Items, Problem> read_items(const Json& body, const SchemaLimits& limits) {
  if (body.contains("schema")) return read_items_one_schema(body, body["schema"], "/schema", limits);
  const Json& schemas = body["schemas"];
  const size_t texts = body.contains("text") ? 1 : body["texts"].size();
  if (texts != schemas.size()) {
    return refuse(std::to_string(texts) + " texts and " + std::to_string(schemas.size()) +
                      " schemas: give as many schemas as texts, or one 'schema' for all",
                  "/schemas");
  }
  if (body.contains("text")) return read_items_one_schema(body, schemas[0], "/schemas/0", limits);
  Items items;
  for (size_t i = 0; i < texts; ++i) {
    const std::string index = std::to_string(i);
    items.push_back(make_item(read_text(body["texts"][i], limits, "/texts/" + index),
                              read_schema(schemas[i], limits, "/schemas/" + index)));
  }
  return items;
}

}  // namespace

tl::expected<ExtractRequest, Problem> read_extract_request(const Json& body, const Site& site, Fields fields,
                                                           std::chrono::steady_clock::time_point arrived) {
  if (fields == Fields::strict) {
    if (auto checked = check_fields(body); !checked) return Refused(std::move(checked.error()));
  }
  ExtractRequest request;
  auto model = model_name(body, site);
  if (!model) return Refused(std::move(model.error()));
  request.model = *std::move(model);
  const size_t most = site.options.max_texts;
  if (auto checked = check_pair(body, "text", "texts", most); !checked) return Refused(std::move(checked.error()));
  if (auto checked = check_question(body, fields, most); !checked) return Refused(std::move(checked.error()));
  if (const auto found = body.find("options"); found != body.end()) {
    auto options = parse_options(*found, "/options");
    if (!options) return Refused(to_problem(options.error()));
    request.options = *std::move(options);
  }
  if (fields == Fields::strict && names_tasks(body)) {
    auto tasks = read_tasks(body, site.limits);
    if (!tasks) return Refused(std::move(tasks.error()));
    request.tasks = *std::move(tasks);
    request.items = read_items_of_tasks(body, request.tasks, site.limits);
  } else {
    auto items = read_items(body, site.limits);
    if (!items) return Refused(std::move(items.error()));
    request.items = *std::move(items);
  }
  request.many = body.contains("texts");
  const uint32_t patience_ms = std::min(
      request.options.deadline_ms.value_or(static_cast<uint32_t>(site.options.request_timeout_ms)), max_deadline_ms);
  request.deadline = Deadline::at(arrived + std::chrono::milliseconds(patience_ms));
  return request;
}

}  // namespace uie
