// Which handler answers which method and path. Paths are compared as sent, without percent-decoding: one path, one
// name. A route's path may hold one {…}, which stands for any one part: "/v1/jobs/{id}".
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api_error.h"
#include "server/exchange.h"
#include "server/http_metrics.h"
#include "server/request_id.h"

namespace uie {

// work: may wait for the engine. express: answers at once.
enum class LaneKind { work, express };

struct Route;

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  void set_header(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
};

// One request being answered, in a worker thread.
struct Call {
  const Exchange& exchange;
  const RequestIds& ids;
  HttpResponse& response;
  const Route* route = nullptr;  // set by the router

  const HttpHead& head() const { return exchange.request.head; }
  const std::string& body() const { return exchange.request.body; }
  std::string_view path_part() const;  // what the route's {…} stands for
};

using Handler = std::function<void(Call&)>;

struct Route {
  std::string method, path;
  LaneKind lane;
  Handler handler;
  std::string label;  // in metrics and the access log
  std::unique_ptr<RouteMetrics> metrics;
};

// Built before the server starts, constant afterwards.
class Router {
 public:
  explicit Router(Metrics& metrics);

  // GET answers HEAD too.
  void add(std::string method, std::string path, LaneKind lane, Handler handler, std::string label = {});

  LaneKind lane(const HttpHead& head) const;

  // Never throws: what a handler throws becomes a 500.
  void serve(Call& call) const;

 private:
  const Route* find(std::string_view method, std::string_view path) const;
  std::string allowed(std::string_view path) const;  // empty: no such path
  void serve_unrouted(Call& call) const;

  Metrics& metrics_;
  std::deque<Route> routes_;
  Route unmatched_;
};

void answer_json(Call& call, const Json& json, int status = 200);
void answer_problem(Call& call, const Problem& problem);
void answer_text(Call& call, std::string text, const std::string& content_type);

}  // namespace uie
