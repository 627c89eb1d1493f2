// POST /v1/extract and what older clients send: /api/predict, /predict (spec/interface.md §2.1, §2.3).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "server/extract_answer.h"
#include "uie/queue/redis_fallback.h"

namespace uie {
namespace {

double milliseconds(double seconds) { return std::round(seconds * 1e6) / 1e3; }

Json usage_json(const std::vector<JobResult>& results) {
  Usage sum;
  for (const auto& result : results) {
    if (!result) continue;
    sum.characters += result->usage.characters;
    sum.tokens += result->usage.tokens;
    sum.windows += result->usage.windows;
    sum.queries += result->usage.queries;
  }
  return {{"characters", sum.characters}, {"tokens", sum.tokens}, {"windows", sum.windows}, {"queries", sum.queries}};
}

// Of several texts, which are worked on side by side, the longest of each stage; the total is the request's.
Json timing_json(const std::vector<JobResult>& results, double total) {
  Timing longest;
  for (const auto& result : results) {
    if (!result) continue;
    longest.queue = std::max(longest.queue, result->timing.queue);
    longest.tokenize = std::max(longest.tokenize, result->timing.tokenize);
    longest.compute = std::max(longest.compute, result->timing.compute);
    longest.decode = std::max(longest.decode, result->timing.decode);
  }
  return {{"queue", milliseconds(longest.queue)},
          {"tokenize", milliseconds(longest.tokenize)},
          {"compute", milliseconds(longest.compute)},
          {"decode", milliseconds(longest.decode)},
          {"total", milliseconds(total)}};
}

// What answered in the place of what should have; null as a rule.
Json fallback_json(const std::vector<JobResult>& results) {
  const auto local = [](const JobResult& result) { return result && is_from_fallback(*result); };
  return std::any_of(results.begin(), results.end(), local) ? Json("local") : Json(nullptr);
}

Json extract_json(const Done& done, const Call& call, const Site& site) {
  const ModelView model = view_of_model(done.request.model, site);
  Json json;
  json["request_id"] = call.ids.request_id;
  json["model"] = model.name;
  json["device"] = model.device;
  json["dtype"] = model.dtype;
  json["fallback"] = fallback_json(done.results);
  Json& results = json["results"] = Json::array();
  for (size_t i = 0; i < done.texts(); ++i) results.push_back(result_json(done, i, site));
  json["usage"] = usage_json(done.results);
  const std::chrono::duration<double> total = std::chrono::steady_clock::now() - call.exchange.arrived;
  json["timing_ms"] = timing_json(done.results, total.count());
  return json;
}

// The older shapes: native tuples alone, as the servers gave them that these clients were written for.
Json predict_json(const Done& done, const Site& site) {
  if (!done.request.many) return {{"result", output_json(done, 0, false)}};
  Json results = Json::array();
  for (size_t i = 0; i < done.results.size(); ++i) {
    if (done.results[i]) {
      results.push_back(output_json(done, i, false));
    } else {
      results.push_back({{"error", to_json(item_problem(done.results[i].error(), done, site))}});
    }
  }
  return {{"results", std::move(results)}};
}

// Reads, works, and answers every failure; what remains is the shape of a success.
template <class Shape>
void serve_extract(Call& call, const Site& site, Fields fields, Shape shape) {
  auto body = json_body(call, site.limits);
  if (!body) return answer_problem(call, body.error());
  auto request = read_extract_request(*body, site, fields, call.exchange.arrived);
  if (!request) return answer_problem(call, request.error());
  const Done done = work_on(*std::move(request), call.exchange, call.ids.request_id, site);
  if (const auto problem = whole_problem(done, site)) return answer_problem(call, *problem);
  answer_json(call, shape(done));
}

}  // namespace

void add_extract_routes(Router& router, const Site& site) {
  router.add("POST", "/v1/extract", LaneKind::work, [&site](Call& call) {
    serve_extract(call, site, Fields::strict, [&](const Done& done) { return extract_json(done, call, site); });
  });
  for (const char* path : {"/api/predict", "/predict"}) {
    router.add("POST", path, LaneKind::work, [&site](Call& call) {
      serve_extract(call, site, Fields::lenient, [&](const Done& done) { return predict_json(done, site); });
    });
  }
}

}  // namespace uie
