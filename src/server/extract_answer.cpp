#include "server/extract_answer.h"

#include <cmath>
#include <utility>

namespace uie {
namespace {

Task make_task(const ExtractRequest& request, const ExtractItem& item, size_t task) {
  if (request.tasks.empty()) return {item.text, item.schema, request.options, request.deadline};
  const AskedTask& asked = request.tasks[task];
  return {item.text, asked.labels, request.options, request.deadline, asked.named};
}

// A guess at when there will be room: as long as the oldest job has been waiting.
int retry_after_s(const JobQueue& queue) {
  return std::clamp(static_cast<int>(std::ceil(queue.stats().oldest_age_s)), 1, 60);
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

}  // namespace

const Text& Done::text(size_t index) const {
  static const Text none;
  return request.items[index] ? request.items[index]->text : none;
}

Done work_on(ExtractRequest request, const Exchange& exchange, const std::string& request_id, const Site& site) {
  Done done{std::move(request), {}};
  std::vector<const ExtractItem*> items;
  for (const auto& item : done.request.items) {
    if (item) items.push_back(&*item);
  }
  const size_t per_text = done.per_text();
  const auto task = [&](size_t index) { return make_task(done.request, *items[index / per_text], index % per_text); };
  const RunContext context{*site.service.queue(done.request.model), exchange, site.phase, request_id};
  auto answers = run_jobs(context, items.size() * per_text, task, done.request.deadline);
  auto next = answers.begin();
  for (const auto& item : done.request.items) {
    for (size_t i = 0; i < per_text; ++i) {
      done.results.push_back(item ? std::move(*next++) : JobResult(tl::unexpected(item.error())));
    }
  }
  return done;
}

Problem item_problem(const Error& error, const Done& done, const Site& site) {
  Problem problem = to_problem(error);
  if (problem.status == 429) problem.retry_after_s = retry_after_s(*site.service.queue(done.request.model));
  return problem;
}

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

Json output_json(const Done& done, size_t index, bool with_confidence) {
  return chains_to_json(done.results[index]->chains, done.text(index), done.request.options.offsets, with_confidence);
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

}  // namespace uie
