// Keeps batches: many texts handed in at once, worked on beside the requests that somebody waits for, read later.
//
// A batch is lines in and lines out: line N of the results answers line N of the input. What the lines hold is the
// business of the server; the store never looks inside. All calls are thread safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "uie/base/deadline.h"
#include "uie/base/option.h"
#include "uie/base/result.h"

namespace uie {

struct NewBatch {
  std::string question;            // what is asked of every line
  std::vector<std::string> lines;  // at least one
  std::string key;                 // idempotency key; empty: none
  std::string digest;              // of the whole request: tells a repetition from another use of the key
};

struct BatchView {
  std::string id;  // 32 hex digits, not to be guessed
  size_t total = 0, done = 0;
  size_t failed = 0;     // of the done ones
  bool started = false;  // a runner has taken it
  std::chrono::system_clock::time_point created, expires;

  bool finished() const { return done == total; }
};

struct CreatedBatch {
  BatchView batch;
  bool repeated = false;  // the key was known: this is the batch of the first request
};

// A batch in the hands of a runner: lines from `next` on are still to be answered.
struct BatchWork {
  std::string id, question;
  size_t next = 0, total = 0;
};

class BatchStore {
 public:
  virtual ~BatchStore() = default;

  // Whether batches outlive this process.
  virtual bool durable() const = 0;

  // Errors: overloaded (too many are kept), invalid_request (the key belongs to another request), unavailable.
  virtual Result<CreatedBatch> create(NewBatch batch) = 0;

  // Errors: not_found (never there, deleted or expired), unavailable. The same for all that follow.
  virtual Result<BatchView> find(const std::string& id) = 0;

  // Result lines [from, from + count), as many as there are.
  virtual Result<std::vector<std::string>> results(const std::string& id, size_t from, size_t count) = 0;

  // Texts, results and key are gone when it returns.
  virtual Result<void> remove(const std::string& id) = 0;

  // For runners. A batch that nobody works on, oldest first; nothing until the deadline.
  virtual Result<std::optional<BatchWork>> claim(Deadline deadline) = 0;
  virtual Result<std::vector<std::string>> lines(const std::string& id, size_t from, size_t count) = 0;
  // The answers of the lines from `from` on. Dropped when others got there first.
  virtual Result<void> append(const std::string& id, size_t from, std::vector<std::string> results, size_t failed) = 0;
  // The runner lets go of an unfinished batch; another may claim it.
  virtual void release(const std::string& id) = 0;
};

struct BatchOptions {
  size_t max_batches = 64;    // kept at once, finished ones included
  int expiry_s = 24 * 3'600;  // from creation

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(max_batches,
            OptionInfo{"max-jobs", "jobs",
                       "jobs of /v1/jobs kept at once, finished ones included; more are refused with 429"});
    visitor(expiry_s, OptionInfo{"job-expiry", "s", "after it a job of /v1/jobs is deleted, with texts and results"});
  }
};

// Batches in this process' memory; they end with it.
std::unique_ptr<BatchStore> make_memory_batch_store(const BatchOptions& options);

}  // namespace uie
