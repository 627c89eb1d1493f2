// What only the queues and the process know, read when somebody asks, so that it is always live.
#pragma once

#include <string>

#include "uie/base/metrics.h"
#include "uie/queue/job_queue.h"
#include "uie/queue/redis.h"

namespace uie::cli {

void show_queue(Metrics& metrics, const std::string& model, const QueueStats& queue);
void show_fleet(Metrics& metrics, const FleetView& view);
void show_process(Metrics& metrics);

}  // namespace uie::cli
