// What clients of ModelScope's server send: POST /call and GET /describe (spec/interface.md §2.3). Source of the
// shapes: modelscope/server/api/routers/model_router.py and utils/input_output.py of the ModelScope library.
#include "server/detail_error.h"
#include "server/job_run.h"
#include "server/read_text.h"
#include "server/site.h"

namespace uie {
namespace {

// That server takes a pipeline's arguments from "parameters"; the shape in use here has them beside "input".
const Json* argument(const Json& body, const char* name) {
  if (const auto found = body.find(name); found != body.end()) return &*found;
  const auto parameters = body.find("parameters");
  if (parameters == body.end() || !parameters->is_object()) return nullptr;
  const auto found = parameters->find(name);
  return found != parameters->end() ? &*found : nullptr;
}

std::string pointer_of(const Json& body, const std::string& name) {
  return (body.contains(name) ? "/" : "/parameters/") + name;
}

Result<TaskOptions> read_options(const Json& body) {
  TaskOptions options;
  const Json* all = argument(body, "output_all_prefix");
  if (!all) return options;
  if (!all->is_boolean())
    return fail(ErrorCode::invalid_request, "this must be true or false", pointer_of(body, "output_all_prefix"));
  options.output_all_prefix = all->get<bool>();
  return options;
}

Result<Task> read_task(const Json& body, const Site& site) {
  const auto input = body.find("input");
  if (input == body.end()) return fail(ErrorCode::invalid_request, "the request needs 'input', a text", "/input");
  const Json* schema_json = argument(body, "schema");
  if (!schema_json)
    return fail(ErrorCode::invalid_request, R"(the request needs 'schema', as {"人物": null})", "/schema");
  auto text = read_text(*input, site.limits, "/input");
  if (!text) return tl::unexpected(std::move(text.error()));
  auto schema = parse_schema(*schema_json, site.limits, pointer_of(body, "schema"));
  if (!schema) return tl::unexpected(std::move(schema.error()));
  auto options = read_options(body);
  if (!options) return tl::unexpected(std::move(options.error()));
  return Task{*std::move(text), *std::move(schema), *std::move(options), {}};
}

void call_pipeline(Call& call, const Site& site) {
  const auto body = json_body(call, site.limits);
  if (!body) return answer_detail(call, body.error());
  const auto model = model_name(*body, site);
  if (!model) return answer_detail(call, model.error());
  auto task = read_task(*body, site);
  if (!task) return answer_detail(call, to_problem(task.error()));
  const Deadline deadline = task->deadline = default_deadline(call, site);
  const RunContext context{*site.service.queue(*model), call.exchange, site.phase, call.ids.request_id};
  std::vector<Task> tasks;
  tasks.push_back(*std::move(task));
  const auto results = run_jobs(context, std::move(tasks), deadline);
  if (!results[0]) return answer_detail(call, to_problem(results[0].error()));
  // Code points, so that the text is not needed.
  answer_json(call, {{"output", chains_to_json(results[0]->chains, Text(), OffsetUnit::codepoint, false)}});
}

std::string task_name(const std::string& family) { return family.starts_with("siamese") ? "siamese-uie" : family; }

Json of_type(const char* type, const char* description) { return {{"type", type}, {"description", description}}; }

// A body for /call, the published example of all these models.
Json sample() {
  return {{"input",
           "1944年毕业于北大的名古屋铁道会长谷口清太郎等人在日本积极筹资，共筹款2.7亿日元，参加捐款的日本企业有69家。"},
          {"schema", {{"人物", nullptr}, {"地理位置", nullptr}, {"组织机构", nullptr}}}};
}

void describe(Call& call, const Site& site) {
  Json schema;
  schema["input"] = of_type("string", "the text");
  schema["parameters"] = {
      {"type", "object"},
      {"properties",
       {{"schema", of_type("object", "label → object of labels below it, or null; also as a string of JSON")},
        {"output_all_prefix", {{"type", "boolean"}, {"default", false}}}}}};
  schema["output"] = {{"type", "object"},
                      {"properties", {{"output", of_type("array", "paths of {type, span, offset}")}}}};
  const Json info{{"task_name", task_name(view_of_model("", site).family)}, {"schema", std::move(schema)}};
  answer_json(call, {{"schema", info}, {"sample", sample()}});
}

}  // namespace

void add_modelscope_routes(Router& router, const Site& site) {
  router.add("POST", "/call", LaneKind::work, [&site](Call& call) { call_pipeline(call, site); });
  router.add("GET", "/describe", LaneKind::express, [&site](Call& call) { describe(call, site); });
}

}  // namespace uie
