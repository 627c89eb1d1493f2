// /v1/jobs: many texts handed in at once, their progress and their results.
#include <charconv>
#include <functional>

#include "server/batch_format.h"
#include "server/batch_upload.h"
#include "server/extract_request.h"
#include "server/query_string.h"

namespace uie {
namespace {

constexpr size_t longest_key = 255;

// A question that can be asked: what is wrong with it is said now and not a hundred thousand times later. A job whose
// lines bring their schemas need have none.
tl::expected<void, Problem> check_question(const Upload& upload, const Site& site) {
  Json body = upload.question;
  const bool own_schemas = upload.lines.with_schema == upload.lines.json.size();
  body["texts"] = Json::array();
  if (own_schemas && !body.contains("schema") && !body.contains("task") && !body.contains("tasks"))
    body["schemas"] = Json::array();
  const auto request = read_extract_request(body, site, Fields::strict, std::chrono::steady_clock::now());
  if (!request) return tl::unexpected(request.error());
  return {};
}

// Of what is asked of which texts, and not of the bytes that said so: a browser makes up another boundary each time.
std::string digest_of(const NewBatch& batch) {
  const auto hash = std::hash<std::string>();
  size_t lines = batch.lines.size(), bytes = 0;
  for (const std::string& line : batch.lines) {
    lines = lines * 31 + hash(line);
    bytes += line.size();
  }
  return std::to_string(hash(batch.question)) + "-" + std::to_string(lines) + "-" + std::to_string(bytes);
}

tl::expected<std::string, Problem> idempotency_key(const Call& call) {
  const std::string* key = call.head().find("idempotency-key");
  if (!key) return std::string();
  if (key->empty() || key->size() > longest_key) {
    return tl::unexpected(to_problem({ErrorCode::invalid_request, "an Idempotency-Key has 1 to 255 characters", ""}));
  }
  return *key;
}

void create_job(Call& call, const Site& site) {
  auto key = idempotency_key(call);
  if (!key) return answer_problem(call, key.error());
  auto upload = read_upload(call, site);
  if (!upload) return answer_problem(call, upload.error());
  if (auto checked = check_question(*upload, site); !checked) return answer_problem(call, checked.error());
  BatchStore& store = site.service.batches();
  NewBatch batch{dump_json(upload->question), std::move(upload->lines.json), *std::move(key), ""};
  batch.digest = digest_of(batch);
  const auto created = store.create(std::move(batch));
  if (!created) {
    Problem problem = to_problem(created.error());
    if (problem.temporary()) problem.retry_after_s = 60;
    return answer_problem(call, problem);
  }
  answer_json(call, to_json(created->batch, store.durable()), 202);
  call.response.set_header("Location", "/v1/jobs/" + created->batch.id);
  if (created->repeated) call.response.set_header("Idempotent-Replayed", "true");
}

void show_job(Call& call, const Site& site) {
  BatchStore& store = site.service.batches();
  const auto batch = store.find(std::string(call.path_part()));
  if (!batch) return answer_problem(call, to_problem(batch.error()));
  answer_json(call, to_json(*batch, store.durable()));
  if (!batch->finished()) call.response.set_header("Retry-After", "1");
}

// A number of the query; `otherwise` where it is not given.
tl::expected<size_t, Problem> number(const Call& call, const std::string& name, size_t otherwise) {
  const auto parameters = query_parameters(call.head().target);
  const auto found = parameters.find(name);
  if (found == parameters.end()) return otherwise;
  const std::string& text = found->second;
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return value;
  return tl::unexpected(to_problem({ErrorCode::invalid_request, "this must be a whole number", "/" + name}));
}

// What is there, whether or not the job is done: its status says.
void show_results(Call& call, const Site& site) {
  BatchStore& store = site.service.batches();
  const std::string id(call.path_part());
  const auto format = result_format(call);
  if (!format) return answer_problem(call, format.error());
  const auto from = number(call, "from", 0), count = number(call, "count", SIZE_MAX);
  if (!from || !count) return answer_problem(call, from ? count.error() : from.error());
  const auto batch = store.find(id);
  if (!batch) return answer_problem(call, to_problem(batch.error()));
  const auto lines = store.results(id, *from, *count);
  if (!lines) return answer_problem(call, to_problem(lines.error()));
  answer_text(call, format_results(*format, *batch, *lines, store.durable()), std::string(content_type(*format)));
  call.response.set_header("X-Job-Done", std::to_string(batch->done) + "/" + std::to_string(batch->total));
}

void delete_job(Call& call, const Site& site) {
  const auto removed = site.service.batches().remove(std::string(call.path_part()));
  if (!removed) return answer_problem(call, to_problem(removed.error()));
  call.response.status = 204;
}

}  // namespace

void add_job_routes(Router& router, const Site& site) {
  router.add("POST", "/v1/jobs", LaneKind::work, [&site](Call& call) { create_job(call, site); });
  router.add("GET", "/v1/jobs/{id}", LaneKind::work, [&site](Call& call) { show_job(call, site); });
  router.add("DELETE", "/v1/jobs/{id}", LaneKind::work, [&site](Call& call) { delete_job(call, site); });
  router.add("GET", "/v1/jobs/{id}/result", LaneKind::work, [&site](Call& call) { show_results(call, site); });
}

}  // namespace uie
