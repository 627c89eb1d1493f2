// Small jobs and answers for queue tests, and patience.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "uie/queue/job_queue.h"

namespace uie::testing_support {

using std::chrono::milliseconds;

inline Deadline soon() { return Deadline::after(milliseconds(20)); }
inline Deadline late() { return Deadline::after(milliseconds(20'000)); }  // only a broken queue gets there

inline Job make_job(const std::string& text, Deadline deadline = Deadline::never()) {
  Job job;
  job.task.text = Text::from_utf8(text).value();
  job.task.schema = std::make_shared<SchemaNode>();
  job.task.deadline = deadline;
  job.request_id = "request of " + text;
  return job;
}

inline Extracted answer_for(const Job& job) {
  Extracted answer;
  answer.chains = {{Item{"echo", job.task.text.bytes(), 0, job.task.text.size(), 1.0}}};
  return answer;
}

inline std::string echoed(const JobResult& result) { return result ? result->chains.at(0).at(0).span : "no answer"; }

inline bool eventually(const std::function<bool()>& condition) {
  for (const Deadline end = late(); !end.expired(); std::this_thread::sleep_for(milliseconds(1))) {
    if (condition()) return true;
  }
  return condition();
}

}  // namespace uie::testing_support
