#include "server/batch_runner.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/extract_answer.h"
#include "uie/base/log.h"

namespace uie {
namespace {

using std::chrono::milliseconds;

// Lines in the queue at once. Few: whoever waits for an answer comes first, and a stop loses little.
constexpr size_t lines_at_once = 32;
constexpr milliseconds look_up{50}, pause_when_full{500};
constexpr std::chrono::minutes patience{10};  // of one group of lines

struct Group {
  std::vector<std::string> results;
  size_t failed = 0;
};

// The lines as one request: {"texts", "schemas"?, question…}.
Json request_of(const Json& question, const std::vector<Json>& lines) {
  Json body = question;
  Json& texts = body["texts"] = Json::array();
  for (const Json& line : lines) texts.push_back(line.at("text"));
  const auto has_schema = [](const Json& line) { return line.contains("schema"); };
  if (std::none_of(lines.begin(), lines.end(), has_schema)) return body;
  const Json common = body.value("schema", Json());
  body.erase("schema");
  Json& schemas = body["schemas"] = Json::array();
  for (const Json& line : lines) schemas.push_back(line.value("schema", common));
  return body;
}

// "/texts/7" → "/text": what the caller sent was a line with a text.
void name_line(Json& result) {
  if (!result.contains("error") || !result["error"].contains("errors")) return;
  for (Json& place : result["error"]["errors"]) {
    const std::string pointer = place.value("pointer", "");
    for (const char* many : {"/texts/", "/schemas/"}) {
      if (!pointer.starts_with(many)) continue;
      const size_t rest = pointer.find('/', std::string_view(many).size());
      const std::string one(many, std::string_view(many).size() - 2);
      place["pointer"] = one + (rest == std::string::npos ? "" : pointer.substr(rest));
    }
  }
}

std::string result_line(Json result, const Json& line, size_t index) {
  name_line(result);
  Json out{{"index", index}};
  if (line.contains("id")) out["id"] = line["id"];
  out.update(result);
  return dump_json(out);
}

// The state of the server, not of the line, kept it from being answered.
bool worth_another_try(const JobResult& result) {
  if (result) return false;
  const ErrorCode code = result.error().code;
  return code == ErrorCode::overloaded || code == ErrorCode::unavailable || code == ErrorCode::cancelled;
}

// Nothing: try again later.
std::optional<Group> answer(const Json& question, const std::vector<std::string>& texts, size_t first,
                            const Exchange& exchange, const std::string& request_id, const Site& site) {
  std::vector<Json> lines;
  for (const std::string& line : texts) lines.push_back(Json::parse(line, nullptr, false));
  auto request =
      read_extract_request(request_of(question, lines), site, Fields::strict, std::chrono::steady_clock::now());
  Group group;
  if (!request) {  // the question was checked when it came; since then the model has gone
    if (request.error().temporary()) return std::nullopt;
    for (size_t i = 0; i < lines.size(); ++i) {
      group.results.push_back(result_line({{"error", to_json(request.error())}}, lines[i], first + i));
    }
    group.failed = lines.size();
    return group;
  }
  request->deadline = Deadline::after(patience);
  const Done done = work_on(*std::move(request), exchange, request_id, site);
  if (std::any_of(done.results.begin(), done.results.end(), worth_another_try)) return std::nullopt;
  for (size_t i = 0; i < done.texts(); ++i) {
    Json result = result_json(done, i, site);
    group.failed += result.contains("error");
    group.results.push_back(result_line(std::move(result), lines[i], first + i));
  }
  return group;
}

}  // namespace

BatchRunner::BatchRunner(BatchStore& store, const Site& site)
    : store_(store), site_(site), wire_(std::make_shared<Wire>(-1)), thread_([this] { run(); }) {}

void BatchRunner::stop() {
  stopping_ = true;
  wire_->mark_gone();
  if (thread_.joinable()) thread_.join();
}

void BatchRunner::run() {
  while (!stopping_) {
    const auto work = store_.claim(Deadline::after(look_up));
    if (!work) {
      std::this_thread::sleep_for(look_up);
    } else if (*work) {
      work_on_batch(**work);
    }
  }
}

void BatchRunner::work_on_batch(const BatchWork& work) {
  const std::string request_id =
      "job-" + work.id.substr(0, 8);  // the whole id would open the results to readers of the log
  const LogRequest log_scope(request_id);
  Exchange exchange;
  exchange.wire = wire_;
  const Json question = Json::parse(work.question, nullptr, false);
  for (size_t at = work.next; at < work.total && !stopping_;) {
    const auto lines = store_.lines(work.id, at, lines_at_once);
    if (!lines || lines->empty()) break;
    auto group = answer(question, *lines, at, exchange, request_id, site_);
    if (!group) {
      for (milliseconds slept{0}; slept < pause_when_full && !stopping_; slept += look_up)
        std::this_thread::sleep_for(look_up);
      continue;
    }
    if (!store_.append(work.id, at, std::move(group->results), group->failed)) break;  // deleted
    at += lines->size();
  }
  store_.release(work.id);
}

}  // namespace uie
