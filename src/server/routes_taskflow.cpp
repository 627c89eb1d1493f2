// What clients of PaddleNLP's SimpleServing send to an information extraction Taskflow: POST /taskflow/uie
// (spec/interface.md §2.3). Source of the shapes: paddlenlp/server/http_router/router.py and
// handlers/taskflow_handler.py.
#include "server/detail_error.h"
#include "server/read_text.h"
#include "server/site.h"
#include "server/taskflow_run.h"
#include "server/taskflow_schema.h"

namespace uie {
namespace {

struct TaskflowRequest {
  std::vector<Text> texts;
  Schema schema;
};

const Json* member(const Json* json, const char* name) {
  if (!json || !json->is_object()) return nullptr;
  const auto found = json->find(name);
  return found != json->end() ? &*found : nullptr;
}

// A text, or a list of them.
Result<std::vector<Text>> read_texts(const Json& json, const Site& site) {
  const std::string pointer = "/data/text";
  std::vector<Text> texts;
  if (!json.is_array()) {
    auto text = read_text(json, site.limits, pointer);
    if (!text) return tl::unexpected(std::move(text.error()));
    texts.push_back(*std::move(text));
    return texts;
  }
  if (json.size() > site.options.max_texts) {
    return fail(ErrorCode::too_large, "at most " + std::to_string(site.options.max_texts) + " in one request", pointer);
  }
  for (const Json& one : json) {
    auto text = read_text(one, site.limits, pointer + "/" + std::to_string(texts.size()));
    if (!text) return tl::unexpected(std::move(text.error()));
    texts.push_back(*std::move(text));
  }
  return texts;
}

Result<TaskflowRequest> read_request(const Json& body, const Site& site) {
  const Json* text = member(member(&body, "data"), "text");
  if (!text) return fail(ErrorCode::invalid_request, R"(the request needs {"data": {"text": ["…"]}})", "/data/text");
  const Json* form = member(member(&body, "parameters"), "schema");
  if (!form) {
    return fail(ErrorCode::invalid_request,
                R"(this server keeps no schema between requests: send {"parameters": {"schema": ["人物"]}})",
                "/parameters/schema");
  }
  auto schema = parse_taskflow_schema(*form, site.limits, "/parameters/schema");
  if (!schema) return tl::unexpected(std::move(schema.error()));
  auto texts = read_texts(*text, site);
  if (!texts) return tl::unexpected(std::move(texts.error()));
  return TaskflowRequest{*std::move(texts), *std::move(schema)};
}

void run_uie(Call& call, const Site& site) {
  const auto body = json_body(call, site.limits);
  if (!body) return answer_detail(call, body.error());
  const auto model = model_name(*body, site);
  if (!model) return answer_detail(call, model.error());
  const auto request = read_request(*body, site);
  if (!request) return answer_detail(call, to_problem(request.error()));
  const RunContext context{*site.service.queue(*model), call.exchange, site.phase, call.ids.request_id};
  const auto found = run_taskflow(context, view_of_model(*model, site).family, request->texts, request->schema,
                                  default_deadline(call, site));
  if (!found) return answer_detail(call, to_problem(found.error()));
  Json result = Json::array();
  for (const Findings& findings : *found) result.push_back(to_json(findings));
  answer_json(call, {{"result", std::move(result)}});
}

}  // namespace

void add_taskflow_routes(Router& router, const Site& site) {
  router.add("POST", "/taskflow/uie", LaneKind::work, [&site](Call& call) { run_uie(call, site); });
}

}  // namespace uie
