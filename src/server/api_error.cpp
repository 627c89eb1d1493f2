#include "server/api_error.h"

#include "uie/base/log.h"

namespace uie {
namespace {

constexpr int default_retry_after_s = 1;

struct StatusTitle {
  int status;
  std::string_view title;
};

constexpr StatusTitle titles[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

bool is_internal(ErrorCode code) { return code == ErrorCode::internal || code == ErrorCode::corrupt_checkpoint; }

bool is_pointer(const std::string& where) { return !where.empty() && where.front() == '/'; }

}  // namespace

int http_status(ErrorCode code, Stage stage) {
  switch (code) {
    case ErrorCode::invalid_request:
      return stage == Stage::bytes ? 400 : 422;
    case ErrorCode::unauthorised:
      return 401;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::overloaded:
      return 429;
    case ErrorCode::deadline:
      return 504;
    case ErrorCode::cancelled:
      return 503;
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::corrupt_checkpoint:
      return 500;
    case ErrorCode::unsupported:
      return 422;
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

std::string_view status_title(int status) {
  for (const auto& entry : titles) {
    if (entry.status == status) return entry.title;
  }
  return "Error";
}

Problem to_problem(const Error& error, Stage stage) {
  Problem problem;
  problem.status = http_status(error.code, stage);
  problem.code = to_string(error.code);
  if (problem.temporary()) problem.retry_after_s = default_retry_after_s;
  if (is_internal(error.code)) {
    log_error("internal error: " + error.message + (error.where.empty() ? "" : " (" + error.where + ")"));
    problem.detail = "The server failed on this request; its log says why under the request id.";
    return problem;
  }
  problem.detail = error.message;
  if (is_pointer(error.where)) {
    problem.errors.push_back({error.where, error.message});
  } else if (!error.where.empty()) {
    problem.detail += " (" + error.where + ")";
  }
  return problem;
}

Problem make_problem(int status, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.detail = std::move(detail);
  if (problem.temporary()) problem.retry_after_s = default_retry_after_s;
  return problem;
}

Json to_json(const Problem& problem, std::string_view request_id) {
  Json json;
  json["type"] = problem.code.empty() ? "about:blank" : "urn:uie:problem:" + problem.code;
  json["title"] = std::string(status_title(problem.status));
  json["status"] = problem.status;
  json["detail"] = problem.detail;
  if (!request_id.empty()) json["instance"] = std::string(request_id);
  if (!problem.errors.empty()) {
    Json& errors = json["errors"] = Json::array();
    for (const auto& place : problem.errors) errors.push_back({{"pointer", place.pointer}, {"message", place.message}});
  }
  return json;
}

}  // namespace uie
