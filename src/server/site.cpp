#include "server/site.h"

#include <algorithm>

namespace uie {
namespace {

using Refused = tl::unexpected<Problem>;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
  return out;
}

// "application/json; charset=utf-8" → true. No Content-Type at all is taken for JSON, and so is what curl says when it
// is told nothing: that a page elsewhere can make a browser send such a request is harmless, since it changes nothing
// here and the page cannot read the answer. Routes that change something must not take it.
bool says_json(const std::string* content_type) {
  if (!content_type || content_type->empty()) return true;
  const std::string type = lower(*content_type);
  const std::string essence = type.substr(0, type.find_first_of("; \t"));
  const bool json = essence == "application/json" || essence == "text/json" ||
                    essence == "application/x-www-form-urlencoded" ||
                    (essence.starts_with("application/") && essence.ends_with("+json"));
  const size_t charset = type.find("charset=");
  if (!json || charset == std::string::npos) return json;
  const auto value = std::string_view(type).substr(charset + 8);
  return value.starts_with("utf-8") || value.starts_with("\"utf-8") || value.starts_with("utf8") ||
         value.starts_with("us-ascii");
}

}  // namespace

tl::expected<Json, Problem> json_body(const Call& call, const SchemaLimits& limits) {
  const std::string* encoding = call.head().find("content-encoding");
  if (encoding && lower(*encoding) != "identity") {
    return Refused(make_problem(415, "a compressed body is not understood; send it without Content-Encoding"));
  }
  if (!says_json(call.head().find("content-type"))) {
    return Refused(make_problem(415, "the body must be JSON in UTF-8: send 'Content-Type: application/json'"));
  }
  auto json = parse_json(call.body(), limits);
  if (!json) return Refused(to_problem(json.error(), Stage::bytes));
  if (!json->is_object()) {
    return Refused(to_problem({ErrorCode::invalid_request, "the body must be a JSON object", ""}));
  }
  return *std::move(json);
}

tl::expected<std::string, Problem> model_name(const Json& body, const Site& site) {
  const auto found = body.find("model");
  std::string name;
  if (found != body.end() && !found->is_null()) {
    if (!found->is_string()) {
      return Refused(to_problem({ErrorCode::invalid_request, "the model must be a name", "/model"}));
    }
    name = found->get_ref<const std::string&>();
  }
  if (site.service.queue(name)) return name;
  std::string known;
  for (const ModelView& model : site.service.models()) {
    if (name.empty() || model.name == name) {
      return Refused(
          to_problem({ErrorCode::unavailable, "the model " + model.name + " is not loaded: " + model.reason, ""}));
    }
    known += (known.empty() ? "" : ", ") + model.name;
  }
  return Refused(to_problem({ErrorCode::invalid_request, "there is no such model; known are: " + known, "/model"}));
}

Deadline default_deadline(const Call& call, const Site& site) {
  return Deadline::at(call.exchange.arrived + std::chrono::milliseconds(site.options.request_timeout_ms));
}

ModelView view_of_model(const std::string& name, const Site& site) {
  auto models = site.service.models();
  for (ModelView& model : models) {
    if (name.empty() || model.name == name) return std::move(model);
  }
  return {};
}

}  // namespace uie
