// The fields of a job's entry in a stream.
#pragma once

#include <string>

#include "queue/redis_connection.h"
#include "uie/queue/job_queue.h"

namespace uie::redis {

struct Entry {
  std::string entry;    // Redis' id of it
  std::string version;  // kProtocol of who wrote it
  std::string job;      // the fleet's id of the job
  std::string replies;  // the instance whose reply stream gets the answer
  std::string request_id;
  int64_t accepted = 0, deadline = 0;  // Unix ms; deadline 0: never
  size_t characters = 0;
  bool beside = false;  // the task is under a key of its own
  std::string task;     // encoded
  std::string error;    // of a dead letter
  int64_t died = 0;
};

// Field, value, … without the entry's id and what only a dead letter has.
Command to_fields(const Entry& entry);

// From {entry, {field, value, …}}. Unknown fields are skipped, missing ones stay empty: the version says whether the
// rest can be trusted; job and replies mean the same in every version.
Entry to_entry(const Answer& answer);

// The entries of one stream in an XREAD or XREADGROUP answer; entries that were deleted meanwhile have no job.
std::vector<Entry> read_entries(const Answer& answer);

}  // namespace uie::redis
