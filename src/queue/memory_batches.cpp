// Batches in memory: a map under one lock. Expired ones go whenever somebody looks.
#include <algorithm>
#include <map>
#include <utility>

#include "queue/batch_words.h"
#include "uie/base/mutex.h"
#include "uie/queue/batch_store.h"

namespace uie {
namespace {

using Clock = std::chrono::system_clock;

std::vector<std::string> part_of(const std::vector<std::string>& lines, size_t from, size_t count) {
  const size_t begin = std::min(from, lines.size());
  const size_t end = begin + std::min(count, lines.size() - begin);
  return {lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.begin() + static_cast<std::ptrdiff_t>(end)};
}

class MemoryBatches final : public BatchStore {
 public:
  explicit MemoryBatches(const BatchOptions& options) : options_(options) {}

  bool durable() const override { return false; }
  Result<CreatedBatch> create(NewBatch batch) override;
  Result<BatchView> find(const std::string& id) override;
  Result<std::vector<std::string>> results(const std::string& id, size_t from, size_t count) override;
  Result<void> remove(const std::string& id) override;
  Result<std::optional<BatchWork>> claim(Deadline deadline) override;
  Result<std::vector<std::string>> lines(const std::string& id, size_t from, size_t count) override;
  Result<void> append(const std::string& id, size_t from, std::vector<std::string> results, size_t failed) override;
  void release(const std::string& id) override;

 private:
  struct Entry {
    NewBatch input;
    std::vector<std::string> results;
    size_t failed = 0;
    bool claimed = false, started = false;
    uint64_t number = 0;  // in the order of creation
    Clock::time_point created, expires;
  };
  using Entries = std::map<std::string, Entry>;

  static BatchView view(const std::string& id, const Entry& entry);
  void drop_expired() UIE_REQUIRES(mutex_);
  Entry* entry(const std::string& id) UIE_REQUIRES(mutex_);
  Entries::iterator next_unclaimed() UIE_REQUIRES(mutex_);

  const BatchOptions options_;
  Mutex mutex_;
  Condition changed_;
  Entries entries_ UIE_GUARDED_BY(mutex_);
  uint64_t created_ UIE_GUARDED_BY(mutex_) = 0;
};

BatchView MemoryBatches::view(const std::string& id, const Entry& entry) {
  return {id,           entry.input.lines.size(), entry.results.size(), entry.failed, entry.started, entry.created,
          entry.expires};
}

void MemoryBatches::drop_expired() {
  const auto now = Clock::now();
  std::erase_if(entries_, [&](const auto& item) { return item.second.expires <= now; });
}

MemoryBatches::Entry* MemoryBatches::entry(const std::string& id) {
  drop_expired();
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

Result<CreatedBatch> MemoryBatches::create(NewBatch batch) {
  MutexLock lock(mutex_);
  drop_expired();
  for (const auto& [id, entry] : entries_) {
    if (batch.key.empty() || entry.input.key != batch.key) continue;
    if (entry.input.digest == batch.digest) return CreatedBatch{view(id, entry), true};
    return key_of_another_batch();
  }
  if (entries_.size() >= options_.max_batches) {
    return too_many_batches(std::to_string(entries_.size()));
  }
  const std::string id = secret_batch_id();
  Entry& entry = entries_[id];
  entry.input = std::move(batch);
  entry.number = created_++;
  entry.created = Clock::now();
  entry.expires = entry.created + std::chrono::seconds(options_.expiry_s);
  changed_.notify_one();
  return CreatedBatch{view(id, entry)};
}

Result<BatchView> MemoryBatches::find(const std::string& id) {
  MutexLock lock(mutex_);
  const Entry* found = entry(id);
  if (!found) return no_such_batch();
  return view(id, *found);
}

Result<std::vector<std::string>> MemoryBatches::results(const std::string& id, size_t from, size_t count) {
  MutexLock lock(mutex_);
  const Entry* found = entry(id);
  if (!found) return no_such_batch();
  return part_of(found->results, from, count);
}

Result<std::vector<std::string>> MemoryBatches::lines(const std::string& id, size_t from, size_t count) {
  MutexLock lock(mutex_);
  const Entry* found = entry(id);
  if (!found) return no_such_batch();
  return part_of(found->input.lines, from, count);
}

Result<void> MemoryBatches::remove(const std::string& id) {
  MutexLock lock(mutex_);
  if (!entry(id)) return no_such_batch();
  entries_.erase(id);
  return {};
}

MemoryBatches::Entries::iterator MemoryBatches::next_unclaimed() {
  drop_expired();
  auto next = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    const Entry& entry = at->second;
    if (entry.claimed || entry.results.size() == entry.input.lines.size()) continue;
    if (next == entries_.end() || entry.number < next->second.number) next = at;
  }
  return next;
}

Result<std::optional<BatchWork>> MemoryBatches::claim(Deadline deadline) {
  MutexLock lock(mutex_);
  auto next = next_unclaimed();
  while (next == entries_.end()) {
    if (!changed_.wait(lock, deadline)) return std::nullopt;
    next = next_unclaimed();
  }
  Entry& entry = next->second;
  entry.claimed = entry.started = true;
  return BatchWork{next->first, entry.input.question, entry.results.size(), entry.input.lines.size()};
}

Result<void> MemoryBatches::append(const std::string& id, size_t from, std::vector<std::string> results,
                                   size_t failed) {
  MutexLock lock(mutex_);
  Entry* found = entry(id);
  if (!found) return no_such_batch();
  if (from != found->results.size()) return {};
  for (std::string& line : results) found->results.push_back(std::move(line));
  found->failed += failed;
  return {};
}

void MemoryBatches::release(const std::string& id) {
  MutexLock lock(mutex_);
  Entry* found = entry(id);
  if (!found) return;
  found->claimed = false;
  changed_.notify_one();
}

}  // namespace

std::unique_ptr<BatchStore> make_memory_batch_store(const BatchOptions& options) {
  return std::make_unique<MemoryBatches>(options);
}

}  // namespace uie
