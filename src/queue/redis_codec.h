// Tasks and answers as bytes. One version for both; whoever meets another one says so and does not guess.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "uie/queue/job_queue.h"
#include "uie/queue/redis.h"

namespace uie::redis {

// Raise it with every change of what the functions below write.
constexpr const char* kProtocol = "1";

// Without the deadline, which travels beside it as wall-clock time.
std::string encode(const Task& task);
std::string encode(const JobResult& result);
std::string encode(const WorkerCard& card);

// Errors: unsupported, when the bytes are not what encode() makes.
Result<Task> decode_task(std::string_view bytes);
JobResult decode_result(std::string_view bytes);  // what cannot be read is an error as well
Result<WorkerCard> decode_card(std::string_view bytes);

// Unix milliseconds; 0: never. Of two machines as exact as their clocks.
int64_t wall_now();
int64_t to_wall(Deadline deadline);
Deadline from_wall(int64_t deadline);

}  // namespace uie::redis
