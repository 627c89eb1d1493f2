#include "server/raw_answer.h"

#include "server/http_date.h"
#include "server/request_id.h"

namespace uie {

std::string refusal_bytes(const Problem& problem) {
  const RequestIds ids = take_ids(nullptr, nullptr);
  const std::string body = dump_json(to_json(problem, ids.request_id));
  std::string bytes = "HTTP/1.1 " + std::to_string(problem.status) + " " + std::string(status_title(problem.status));
  bytes += "\r\nContent-Type: application/problem+json\r\nConnection: close\r\nDate: " + http_date() +
           "\r\nX-Request-Id: " + ids.request_id;
  bytes += "\r\ntraceparent: " + ids.traceparent;
  if (problem.retry_after_s > 0) bytes += "\r\nRetry-After: " + std::to_string(problem.retry_after_s);
  bytes += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return bytes;
}

}  // namespace uie
