// What runs here and how it counts: /v1/models, /v1/info, /v1/tokenize.
#include "server/site.h"

namespace uie {
namespace {

Json limits_json(const Site& site, const ModelView* model) {
  Json json;
  if (model && model->max_length > 0) json["max_length"] = model->max_length;
  json["max_text_chars"] = site.limits.max_text_chars;
  json["max_labels"] = site.limits.max_labels;
  json["max_label_chars"] = site.limits.max_label_chars;
  json["max_depth"] = site.limits.max_depth;
  json["max_texts"] = site.options.max_texts;
  json["max_body_bytes"] = site.options.max_body_bytes;
  return json;
}

Json model_json(const ModelView& model, bool is_default, const Site& site) {
  Json json;
  json["name"] = model.name;
  json["default"] = is_default;
  json["family"] = model.family;
  json["languages"] = model.languages;
  json["dtype"] = model.dtype;
  json["device"] = model.device;
  json["parameters"] = model.parameters;
  json["memory_bytes"] = model.memory_bytes;
  json["limits"] = limits_json(site, &model);
  json["ready"] = model.ready;
  if (!model.ready) json["reason"] = model.reason;
  return json;
}

void models(Call& call, const Site& site) {
  Json list = Json::array();
  for (const ModelView& model : site.service.models()) list.push_back(model_json(model, list.empty(), site));
  answer_json(call, {{"models", std::move(list)}});
}

Json device_json(const DeviceView& device) {
  return {{"device", device.device},
          {"name", device.name},
          {"model", device.model},
          {"dtype", device.dtype},
          {"profile", device.profile},
          {"health", device.health},
          {"max_batch_tokens", device.max_batch_tokens},
          {"memory_total", device.memory_total_mb}};
}

void info(Call& call, const Site& site) {
  Json json;
  json["name"] = "uie-server";
  json["version"] = UIE_VERSION;
  json["models"] = Json::array();
  for (const ModelView& model : site.service.models()) json["models"].push_back(model.name);
  json["devices"] = Json::array();
  for (const DeviceView& device : site.service.devices()) json["devices"].push_back(device_json(device));
  json["limits"] = limits_json(site, nullptr);
  Json& settings = json["settings"] = Json::object();
  for (const auto& [flag, value] : site.service.settings()) settings[flag] = value;
  answer_json(call, json);
}

Result<Json> tokens_json(const Json& text, const std::string& model, const std::string& pointer, const Site& site) {
  if (!text.is_string()) return fail(ErrorCode::invalid_request, "a text must be a string", pointer);
  auto checked = Text::from_utf8(text.get_ref<const std::string&>());
  if (!checked) return fail(checked.error().code, checked.error().message, pointer);
  if (checked->size() > site.limits.max_text_chars) return fail(ErrorCode::too_large, "the text is too long", pointer);
  const auto tokens = site.service.tokenize(model, *checked);
  if (!tokens) return tl::unexpected(tokens.error());
  Json ids = Json::array(), offsets = Json::array();
  for (const TokenView& token : *tokens) {
    ids.push_back(token.id);
    offsets.push_back({token.begin, token.end});
  }
  return Json{{"ids", std::move(ids)}, {"offsets", std::move(offsets)}};
}

// A front end of a fleet has no model to ask, whatever the request: not the client's mistake, so not 422.
Problem tokens_problem(const Error& error) {
  return error.code == ErrorCode::unsupported ? make_problem(501, error.message) : to_problem(error);
}

// {"text"} → {"ids","offsets"}; {"texts"} → {"results":[…]}. Special tokens are not included.
void tokenize(Call& call, const Site& site) {
  const auto body = json_body(call, site.limits);
  if (!body) return answer_problem(call, body.error());
  const auto model = model_name(*body, site);
  if (!model) return answer_problem(call, model.error());
  const auto one = body->find("text"), many = body->find("texts");
  const bool list = many != body->end() && many->is_array() && many->size() <= site.options.max_texts;
  if ((one != body->end()) == list) {
    return answer_problem(call, to_problem({ErrorCode::invalid_request, "give 'text', or a list of 'texts'", "/text"}));
  }
  Json results = Json::array();
  for (const Json& text : list ? *many : Json::array({*one})) {
    const std::string pointer = list ? "/texts/" + std::to_string(results.size()) : "/text";
    auto tokens = tokens_json(text, *model, pointer, site);
    if (!tokens) return answer_problem(call, tokens_problem(tokens.error()));
    results.push_back(*std::move(tokens));
  }
  answer_json(call, list ? Json{{"results", std::move(results)}} : std::move(results[0]));
}

}  // namespace

void add_model_routes(Router& router, const Site& site) {
  router.add("GET", "/v1/models", LaneKind::express, [&site](Call& call) { models(call, site); });
  router.add("GET", "/v1/info", LaneKind::express, [&site](Call& call) { info(call, site); });
  router.add("POST", "/v1/tokenize", LaneKind::work, [&site](Call& call) { tokenize(call, site); });
}

}  // namespace uie
