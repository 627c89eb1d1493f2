// GET /v1/tasks: the table as JSON.
#include "schema/task_table.h"
#include "uie/schema/tasks.h"

namespace uie {
namespace {

Json parsed(std::string_view trusted) {
  return trusted.empty() ? Json(nullptr) : parse_json(trusted, SchemaLimits{}).value_or(Json());
}

Json both(std::string_view zh, std::string_view en) { return {{"zh", zh}, {"en", en}}; }

bool is_required(const ParameterRow& parameter, const TaskRow& row) {
  if (parameter.name != "labels" && parameter.name != "schema") return parameter.required;
  return row.default_labels.empty() && row.tree != TreeShape::none;
}

Json parameters_json(const TaskRow& row) {
  Json list = Json::array();
  for (const auto name : row.parameters) {
    const ParameterRow& parameter = parameter_row(name);
    list.push_back({{"name", name},
                    {"type", parameter.type},
                    {"required", is_required(parameter, row)},
                    {"about", both(parameter.about_zh, parameter.about_en)}});
  }
  return list;
}

Json example_json(const TaskRow& row) {
  Json request{{"text", row.example_text}, {"task", parsed(row.example_task)}};
  return {{"request", std::move(request)}, {"answer", parsed(row.example_answer)}};
}

}  // namespace

Json list_of_tasks() {
  Json list = Json::array();
  for (const TaskRow& row : task_table()) {
    list.push_back({{"name", row.name},
                    {"aliases", row.aliases},
                    {"title", both(row.title_zh, row.title_en)},
                    {"about", both(row.about_zh, row.about_en)},
                    {"parameters", parameters_json(row)},
                    {"default_schema", parsed(row.default_labels)},
                    {"answer", row.answer},
                    {"examples", Json::array({example_json(row)})}});
  }
  return list;
}

}  // namespace uie
