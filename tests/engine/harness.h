// An engine with fake parts and the callers around it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"
#include "engine/audit_queue.h"
#include "engine/fakes.h"
#include "uie/engine/engine.h"

namespace uie::testing_support {

using std::chrono::milliseconds;

inline Deadline late() { return Deadline::after(milliseconds(60'000)); }  // only a broken engine gets there

inline Job text_job(const std::string& text, Deadline deadline = Deadline::never()) {
  Job job;
  job.task.text = Text::from_utf8(text).value();
  job.task.schema = std::make_shared<SchemaNode>();
  job.task.deadline = deadline;
  job.request_id = text;
  return job;
}

inline bool eventually(const std::function<bool()>& condition) {
  for (const Deadline end = late(); !end.expired(); std::this_thread::sleep_for(milliseconds(1))) {
    if (condition()) return true;
  }
  return false;
}

struct Harness {
  explicit Harness(std::vector<Engine::EncoderFactory> devices, const EngineOptions& options = {},
                   const QueueOptions& queue_options = {})
      : queue(queue_options, metrics),
        engine(std::make_shared<FakeFamily>(), std::move(devices), queue, options, metrics) {}

  std::unique_ptr<Reply> submit(const std::string& text, Deadline deadline = Deadline::never()) {
    return queue.submit(text_job(text, deadline)).value();
  }

  // Submits and waits. The answer's state, or "code: message".
  std::string ask(const std::string& text) { return state_of(*submit(text)->wait(late())); }

  FakeMetrics metrics;
  AuditQueue queue;
  Engine engine;
};

// The code at the start of what Harness::ask gives for an error.
inline std::string code_of(const std::string& answer) { return answer.substr(0, answer.find(':')); }

}  // namespace uie::testing_support
