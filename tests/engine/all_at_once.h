// Many tasks through an engine at once.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "engine/audit_queue.h"
#include "uie/engine/engine.h"

namespace uie::test {

struct EngineRun {
  std::vector<Extracted> answers;  // in the order of the tasks
  uint64_t queries = 0;            // that the device ran
};

// Submits all tasks in random order, then waits for all of them. `make`: an EncoderFactory of the engine.
template <class Make>
EngineRun all_at_once(const std::shared_ptr<const Family>& family, Make make, const std::vector<Task>& tasks,
                      int planners, std::mt19937_64& random) {
  testing_support::AuditQueue queue;
  EngineOptions options;
  options.planners = planners;
  Engine engine(family, {make}, queue, options);
  EXPECT_TRUE(engine.start());
  std::vector<size_t> order(tasks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  std::vector<std::unique_ptr<Reply>> replies(tasks.size());
  for (const size_t i : order) {
    Job job;
    job.task = tasks[i];
    job.request_id = "task " + std::to_string(i);
    replies[i] = queue.submit(std::move(job)).value();
  }
  EngineRun run;
  for (auto& reply : replies) run.answers.push_back(reply->wait(Deadline::never())->value());
  queue.close();
  engine.stop();
  EXPECT_EQ(queue.not_answered_once(), 0u);
  run.queries = engine.status().devices[0].queries;
  return run;
}

}  // namespace uie::test
