#include "engine/batcher.h"

#include <algorithm>

namespace uie::engine {
namespace {

constexpr const char* kStopping = "the server is stopping; send the request to another one";

void reject(Batch& batch, const Error& error) {
  for (PendingQuery& query : batch) query.resolve(Unexpected(error));
}

}  // namespace

void Batcher::put(Batch queries) {
  const auto now = Clock::now();
  const size_t count = queries.size();
  {
    MutexLock lock(mutex_);
    count == 1 ? arrived_.notify_one() : arrived_.notify_all();  // first, so that no exception can leave them asleep
    if (!closed_) {
      for (PendingQuery& query : queries) {
        query.put = now;
        shelves_[query.query().index()].add(std::move(query));
      }
      queries.clear();
    }
  }
  reject(queries, {ErrorCode::unavailable, kStopping, ""});
}

Batch Batcher::take(const Budget& budget, std::chrono::microseconds linger) {
  for (;;) {
    Batch batch = gather(budget, linger);
    if (batch.empty()) return batch;
    while (drop_abandoned(batch) && top_up(batch, budget)) {
    }
    if (!batch.empty()) return batch;
  }
}

Batch Batcher::gather(const Budget& budget, std::chrono::microseconds linger) {
  Batch batch;
  MutexLock lock(mutex_);
  while (batch.empty()) {
    if (waiting_tokens() > 0) {
      await_company(lock, budget.max_tokens, gathering_);
      await_company(lock, budget.max_tokens / 4, linger);
    }
    linger = {};  // from here on the device is idle
    if (Shelf* const shelf = most_urgent()) {
      shelf->pack(batch, budget);
    } else if (closed_) {
      break;
    } else {
      arrived_.wait(lock);
    }
  }
  return batch;
}

void Batcher::await_company(MutexLock& lock, size_t enough_tokens, std::chrono::microseconds patience) {
  if (patience.count() <= 0) return;
  const Deadline end = Deadline::at(Clock::now() + patience);
  while (!closed_ && planning_ > 0 && waiting_tokens() < enough_tokens && arrived_.wait(lock, end)) {
  }
}

bool Batcher::top_up(Batch& batch, const Budget& budget) {
  MutexLock lock(mutex_);
  Shelf* const shelf = batch.empty() ? most_urgent() : &shelves_[batch.front().query().index()];
  return shelf && shelf->pack(batch, budget);
}

// True when something was dropped. The queue is asked without our lock, once for neighbours of one text.
bool Batcher::drop_abandoned(Batch& batch) {
  const Flight* asked = nullptr;
  bool unwanted = false;
  const auto dropped = [&](PendingQuery& query) {
    if (&query.flight() != asked) unwanted = query.flight().ticket.abandoned();
    asked = &query.flight();
    const bool expired = query.flight().deadline.expired();  // asked last: an expired job is abandoned too
    if (!expired && !unwanted) return false;
    (expired ? stages_.dropped_expired : stages_.dropped_cancelled).add();
    query.resolve(expired ? fail(ErrorCode::deadline, "the deadline passed before the text was read")
                          : fail(ErrorCode::cancelled, "the caller has gone"));
    return true;
  };
  return std::erase_if(batch, dropped) > 0;
}

size_t Batcher::reject_all(const Error& error) {
  Batch rejected;
  {
    MutexLock lock(mutex_);
    rejected = clear();
  }
  reject(rejected, error);
  return rejected.size();
}

void Batcher::close() {
  Batch rejected;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    rejected = clear();  // under the same lock: a device that wakes must not take them first
  }
  arrived_.notify_all();
  reject(rejected, {ErrorCode::unavailable, kStopping, ""});
}

Batch Batcher::clear() {
  Batch all;
  const Budget boundless{SIZE_MAX, SIZE_MAX, SIZE_MAX};
  for (Shelf& shelf : shelves_) {
    while (!shelf.empty()) {
      Batch part;
      shelf.pack(part, boundless);
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
  }
  return all;
}

bool Batcher::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

size_t Batcher::size() const {
  MutexLock lock(mutex_);
  size_t size = 0;
  for (const Shelf& shelf : shelves_) size += shelf.size();
  return size;
}

Shelf* Batcher::most_urgent() {
  Shelf* first = nullptr;
  for (Shelf& shelf : shelves_) {
    if (!shelf.empty() && (!first || shelf.due() < first->due())) first = &shelf;
  }
  return first;
}

size_t Batcher::waiting_tokens() const {
  size_t tokens = 0;
  for (const Shelf& shelf : shelves_) tokens += shelf.tokens();
  return tokens;
}

}  // namespace uie::engine
