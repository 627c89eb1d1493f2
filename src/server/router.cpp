#include "server/router.h"

#include <exception>
#include <optional>
#include <utility>

#include "uie/base/log.h"

namespace uie {
namespace {

// The part of the path that stands for the pattern's {…}; nothing when the path is another. One part at most.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, open), after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size()) return std::nullopt;
  if (!path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
  const auto part = path.substr(before.size(), path.size() - before.size() - after.size());
  return part.find('/') == std::string_view::npos ? std::optional(part) : std::nullopt;
}

}  // namespace

std::string_view Call::path_part() const { return match(route->path, head().path()).value_or(""); }

Router::Router(Metrics& metrics)
    : metrics_(metrics), unmatched_{"", "",          LaneKind::express,
                                    {}, "unmatched", std::make_unique<RouteMetrics>(metrics, "unmatched")} {}

void Router::add(std::string method, std::string path, LaneKind lane, Handler handler, std::string label) {
  if (label.empty()) label = path;
  routes_.push_back({std::move(method), std::move(path), lane, std::move(handler), label,
                     std::make_unique<RouteMetrics>(metrics_, label)});
}

const Route* Router::find(std::string_view method, std::string_view path) const {
  if (method == "HEAD") method = "GET";
  for (const Route& route : routes_) {
    if (route.method == method && match(route.path, path)) return &route;
  }
  return nullptr;
}

std::string Router::allowed(std::string_view path) const {
  std::string methods;
  for (const Route& route : routes_) {
    if (path != "*" && !match(route.path, path)) continue;
    const std::string names = route.method == "GET" ? "GET, HEAD" : route.method;
    if (methods.find(names) == std::string::npos) methods += names + ", ";
  }
  return methods.empty() ? methods : methods + "OPTIONS";
}

LaneKind Router::lane(const HttpHead& head) const {
  const Route* route = find(head.method, head.path());
  return route ? route->lane : LaneKind::express;
}

void Router::serve(Call& call) const {
  call.route = &unmatched_;
  try {
    const Route* route = find(call.head().method, call.head().path());
    if (!route) return serve_unrouted(call);
    call.route = route;
    route->handler(call);
  } catch (const std::exception& error) {
    answer_problem(call, to_problem({ErrorCode::internal, error.what(), call.route->label}));
  }
}

void Router::serve_unrouted(Call& call) const {
  const std::string allow = allowed(call.head().path());
  if (allow.empty()) return answer_problem(call, make_problem(404, "there is nothing at this path"));
  if (call.head().method == "OPTIONS") {
    call.response.status = 204;
    call.response.set_header("Allow", allow);
    return;
  }
  Problem problem = make_problem(405, "this path answers " + allow);
  problem.allow = allow;
  answer_problem(call, problem);
}

void answer_text(Call& call, std::string text, const std::string& content_type) {
  call.response.status = 200;
  call.response.body = std::move(text);
  call.response.set_header("Content-Type", content_type);
}

void answer_json(Call& call, const Json& json, int status) {
  answer_text(call, dump_json(json), "application/json");
  call.response.status = status;
}

void answer_problem(Call& call, const Problem& problem) {
  call.response.headers.clear();
  answer_text(call, dump_json(to_json(problem, call.ids.request_id)), "application/problem+json");
  call.response.status = problem.status;
  if (problem.retry_after_s > 0) call.response.set_header("Retry-After", std::to_string(problem.retry_after_s));
  if (!problem.allow.empty()) call.response.set_header("Allow", problem.allow);
}

}  // namespace uie
