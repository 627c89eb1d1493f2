// What handlers may use, and the functions that add them to the router: one file of routes a concern.
#pragma once

#include "server/exchange.h"
#include "server/router.h"
#include "uie/server/server.h"

namespace uie {

struct Site {
  Service& service;
  const ServerOptions& options;
  const SchemaLimits& limits;
  const Phase& phase;
  HttpMetrics& metrics;
};

void add_extract_routes(Router& router, const Site& site);         // /v1/extract, /api/predict, /predict
void add_job_routes(Router& router, const Site& site);             // /v1/jobs
void add_task_routes(Router& router);                              // /v1/tasks
void add_modelscope_routes(Router& router, const Site& site);      // /call, /describe
void add_taskflow_routes(Router& router, const Site& site);        // /taskflow/uie
void add_model_routes(Router& router, const Site& site);           // /v1/models, /v1/info, /v1/tokenize
void add_health_routes(Router& router, const Site& site);          // /livez, /readyz, /v2/health/*, /health, /metrics
Result<void> add_static_routes(Router& router, const Site& site);  // / and the files of the page

// The body as JSON; errors for a wrong content type, bytes that are no JSON, or JSON that is no object.
tl::expected<Json, Problem> json_body(const Call& call, const SchemaLimits& limits);

// The request's "model", "" when it names none; its queue is there. Errors: 422 not a string, or unknown (lists the
// known); 503 not loaded (says why).
tl::expected<std::string, Problem> model_name(const Json& body, const Site& site);

// Of a request that names none: counts from its arrival.
Deadline default_deadline(const Call& call, const Site& site);

// What the service shows of a model; an empty name means the default.
ModelView view_of_model(const std::string& name, const Site& site);

}  // namespace uie
