// Puts the parts together: guard (sockets) → lanes (threads) → adapter (cpp-httplib) → router → handlers.
#include "uie/server/server.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include <sys/resource.h>

#include "server/batch_runner.h"
#include "server/guard.h"
#include "server/httplib_adapter.h"
#include "server/lane.h"
#include "server/site.h"
#include "uie/base/log.h"

namespace uie {
namespace {

constexpr int default_threads = 256;
constexpr int express_threads = 2;
constexpr rlim_t spare_descriptors = 512;  // for everything in the process that is no connection

size_t thread_count(const ServerOptions& options) {
  return static_cast<size_t>(options.http_threads > 0 ? options.http_threads : default_threads);
}

// The usual soft limit of 1,024 descriptors is less than max_connections.
void raise_descriptor_limit(size_t connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(connections + spare_descriptors, limit.rlim_max);
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log_warn("the limit on open files could not be raised");
}

// Neither query nor body: they may hold the user's text.
void log_access(const Exchange& exchange, const RequestIds& ids, const HttplibAdapter::Answer& answer, double seconds) {
  if (!log_enabled(LogLevel::info)) return;
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, " %d in=%zu out=%zu ms=%.1f peer=", answer.status,
                exchange.request.body.size(), answer.bytes.size(), seconds * 1e3);
  const std::string& route = answer.route ? answer.route->label : "unmatched";
  std::string line = exchange.request.head.method + " " + route + numbers + exchange.address;
  if (ids.trace_id() != ids.request_id) line.append(" trace=").append(ids.trace_id());
  log_info(line);
}

}  // namespace

struct Server::Impl {
  Impl(Service& service_in, const ServerOptions& options_in, const SchemaLimits& limits_in, Metrics& metrics_in)
      : service(service_in), options(options_in), limits(limits_in), metrics(metrics_in), router(metrics_in) {
    limits.max_json_bytes = std::max(limits.max_json_bytes, options.max_body_bytes);  // the guard's limit is the one
  }

  Result<void> start();
  void stop();
  Lane::Worker make_worker();
  void serve(Exchange exchange, HttplibAdapter& adapter);
  Lane& lane_of(const HttpHead& head) { return router.lane(head) == LaneKind::work ? *work : *express; }

  Service& service;
  const ServerOptions options;
  SchemaLimits limits;
  HttpMetrics metrics;
  Router router;
  std::optional<Site> site;
  std::optional<Guard> guard;
  std::optional<Lane> work, express;
  std::optional<BatchRunner> runner;
  std::thread guard_thread;
  int port = 0;
};

Result<void> Server::Impl::start() {
  raise_descriptor_limit(options.max_connections);
  auto listener = Listener::open(options.host, options.port);
  if (!listener) return tl::unexpected(listener.error());
  port = listener->port();
  guard.emplace(
      options, *std::move(listener),
      [this](Exchange exchange) {
        Lane& lane = lane_of(exchange.request.head);
        lane.put(std::move(exchange));
      },
      metrics);
  site.emplace(Site{service, options, limits, guard->phase(), metrics});
  add_extract_routes(router, *site);
  add_job_routes(router, *site);
  add_task_routes(router);
  add_modelscope_routes(router, *site);
  add_taskflow_routes(router, *site);
  add_model_routes(router, *site);
  add_health_routes(router, *site);
  if (auto added = add_static_routes(router, *site); !added) return added;
  work.emplace(thread_count(options), metrics.requests_waiting, [this] { return make_worker(); });
  express.emplace(express_threads, metrics.requests_waiting, [this] { return make_worker(); });
  guard_thread = std::thread([this] { guard->run(); });
  runner.emplace(service.batches(), *site);
  return {};
}

void Server::Impl::stop() {
  if (!guard_thread.joinable()) return;
  guard->drain();
  runner->stop();
  guard_thread.join();
  work->stop();
  express->stop();
}

Lane::Worker Server::Impl::make_worker() {
  auto adapter = std::make_shared<HttplibAdapter>(router, guard->phase(), options.idle_timeout_ms);
  return [this, adapter](Exchange exchange) { serve(std::move(exchange), *adapter); };
}

void Server::Impl::serve(Exchange exchange, HttplibAdapter& adapter) {
  if (exchange.wire->gone()) {
    metrics.client_gone.add();
    return guard->answered({exchange.connection, {}, true});
  }
  const HttpHead& head = exchange.request.head;
  const RequestIds ids = take_ids(head.find("x-request-id"), head.find("traceparent"));
  const LogRequest log_scope(ids.request_id);
  metrics.requests_in_flight.add(1);
  const auto answer = adapter.answer(exchange, ids);
  metrics.requests_in_flight.add(-1);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - exchange.arrived;
  if (answer.route) answer.route->metrics->answered(answer.status, took.count());
  if (exchange.wire->gone()) metrics.client_gone.add();
  const std::string_view unsent = exchange.wire->send_answer(answer.bytes);
  guard->answered({exchange.connection, std::string(unsent), answer.close});
  log_access(exchange, ids, answer, took.count());
}

Server::Server(Service& service, const ServerOptions& options, const SchemaLimits& limits, Metrics& metrics)
    : impl_(std::make_unique<Impl>(service, options, limits, metrics)) {}

Server::~Server() { stop(); }

Result<void> Server::start() { return impl_->start(); }

int Server::port() const { return impl_->port; }

void Server::stop() { impl_->stop(); }

std::string http_library_version() { return httplib_version(); }

}  // namespace uie
