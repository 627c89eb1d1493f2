// POST /v1/extract and what older clients send: /api/predict, /predict (spec/interface.md §2.1, §2.3).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "server/extract_request.h"
#include "server/job_run.h"
#include "server/site.h"

namespace uie {
namespace {

// A request after its texts have been worked on.
struct Done {
  ExtractRequest request;
  std::vector<JobResult> results;  // one a text and task, text by text; one a text where a schema was asked

  size_t per_text() const { return std::max<size_t>(request.tasks.size(), 1); }
  size_t texts() const { return results.size() / per_text(); }
  const Text& text(size_t index) const {
    static const Text none;
    return request.items[index] ? request.items[index]->text : none;
  }
};

Task make_task(const ExtractRequest& request, const ExtractItem& item, size_t task) {
  if (request.tasks.empty()) return {item.text, item.schema, request.options, request.deadline};
  const AskedTask& asked = request.tasks[task];
  return {item.text, asked.labels, request.options, request.deadline, asked.named};
}

// All texts and tasks are in the queue before any is waited for.
Done work_on(ExtractRequest request, const Call& call, const Site& site) {
  Done done{std::move(request), {}};
  std::vector<const ExtractItem*> items;
  for (const auto& item : done.request.items) {
    if (item) items.push_back(&*item);
  }
  const size_t per_text = done.per_text();
  const auto task = [&](size_t index) { return make_task(done.request, *items[index / per_text], index % per_text); };
  const RunContext context{*site.service.queue(done.request.model), call.exchange, site.phase, call.ids.request_id};
  auto answers = run_jobs(context, items.size() * per_text, task, done.request.deadline);
  auto next = answers.begin();
  for (const auto& item : done.request.items) {
    for (size_t i = 0; i < per_text; ++i) {
      done.results.push_back(item ? std::move(*next++) : JobResult(tl::unexpected(item.error())));
    }
  }
  return done;
}

// A guess at when there will be room: as long as the oldest job has been waiting.
int retry_after_s(const JobQueue& queue) {
  return std::clamp(static_cast<int>(std::ceil(queue.stats().oldest_age_s)), 1, 60);
}

Problem item_problem(const Error& error, const Done& done, const Site& site) {
  Problem problem = to_problem(error);
  if (problem.status == 429) problem.retry_after_s = retry_after_s(*site.service.queue(done.request.model));
  return problem;
}

// When nothing succeeded the request as a whole has failed, and its status says so.
std::optional<Problem> whole_problem(const Done& done, const Site& site) {
  const auto failed = [](const JobResult& result) { return !result; };
  if (done.results.empty() || !std::all_of(done.results.begin(), done.results.end(), failed)) return std::nullopt;
  Problem problem = item_problem(done.results.front().error(), done, site);
  for (size_t i = done.per_text(); i < done.results.size(); i += done.per_text()) {
    const Error& error = done.results[i].error();
    const bool pointer = error.where.starts_with("/");
    const std::string text = "/texts/" + std::to_string(i / done.per_text());
    problem.errors.push_back({pointer ? error.where : text, to_problem(error).detail});
  }
  return problem;
}

double milliseconds(double seconds) { return std::round(seconds * 1e6) / 1e3; }

Json output_json(const Done& done, size_t index, bool with_confidence) {
  return chains_to_json(done.results[index]->chains, done.text(index), done.request.options.offsets, with_confidence);
}

// The answers of a text's tasks, as a result's members.
struct TaskAnswers {
  Json tasks = Json::object();
  Json bindings;  // null: no task gives aspects
  Json native = Json::array();
  uint32_t windows = 0;
  bool truncated = false;
  std::vector<std::string> warnings;
};

void add_task(TaskAnswers& answers, const AskedTask& task, const Extracted& found, const Text& text,
              const TaskOptions& options) {
  Json answer = task_answer_to_json(*task.named, found, text, options.offsets, options.native);
  if (const auto aspects = answer.find("aspects"); aspects != answer.end()) {
    if (answers.bindings.is_null()) answers.bindings = Json::array();
    for (Json& binding : bindings_of(*aspects)) answers.bindings.push_back(std::move(binding));
  }
  if (options.native) {
    for (const Json& tuple : answer["native"]) answers.native.push_back(tuple);
  }
  answers.tasks[task.name] = std::move(answer);
  answers.windows = std::max(answers.windows, found.usage.windows);
  answers.truncated |= found.truncated;
  answers.warnings.insert(answers.warnings.end(), found.warnings.begin(), found.warnings.end());
}

// A task that failed has its error in its place; when all failed, so has the text.
Json tasks_result_json(const Done& done, size_t index, const Site& site) {
  const auto& tasks = done.request.tasks;
  const auto first = done.results.begin() + static_cast<std::ptrdiff_t>(index * tasks.size());
  const auto last = first + static_cast<std::ptrdiff_t>(tasks.size());
  if (std::none_of(first, last, [](const JobResult& result) { return result.has_value(); })) {
    return {{"error", to_json(item_problem(first->error(), done, site))}};
  }
  TaskAnswers answers;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const JobResult& result = done.results[index * tasks.size() + i];
    if (result) {
      add_task(answers, tasks[i], *result, done.text(index), done.request.options);
    } else {
      answers.tasks[tasks[i].name] = {{"error", to_json(item_problem(result.error(), done, site))}};
    }
  }
  Json json;
  if (done.request.options.native) json["output"] = std::move(answers.native);
  json["tasks"] = std::move(answers.tasks);
  if (!answers.bindings.is_null()) json["bindings"] = std::move(answers.bindings);
  json["windows"] = answers.windows;
  json["truncated"] = answers.truncated;
  if (!answers.warnings.empty()) json["warnings"] = std::move(answers.warnings);
  return json;
}

Json result_json(const Done& done, size_t index, const Site& site) {
  if (!done.request.tasks.empty()) return tasks_result_json(done, index, site);
  const JobResult& result = done.results[index];
  if (!result) return {{"error", to_json(item_problem(result.error(), done, site))}};
  Json json;
  json["output"] = output_json(done, index, true);
  json["windows"] = result->usage.windows;
  json["truncated"] = result->truncated;
  if (!result->warnings.empty()) json["warnings"] = result->warnings;
  return json;
}

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

ModelView model_view(const Service& service, const std::string& name) {
  auto models = service.models();
  for (auto& model : models) {
    if (model.name == name || name.empty()) return std::move(model);
  }
  return {};
}

Json extract_json(const Done& done, const Call& call, const Site& site) {
  const ModelView model = model_view(site.service, done.request.model);
  Json json;
  json["request_id"] = call.ids.request_id;
  json["model"] = model.name;
  json["device"] = model.device;
  json["dtype"] = model.dtype;
  json["fallback"] = nullptr;
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
  const Done done = work_on(*std::move(request), call, site);
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
