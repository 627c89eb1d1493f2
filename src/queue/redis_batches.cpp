// Batches in Redis: they outlive front ends and workers, and any front end of the fleet may work on them or show them.
//
// A batch is a hash and two lists; `expiring` holds all ids by when they expire, `open` the unfinished ones by when
// they may be claimed (µs). A claim is a lease: who stops renewing it loses the batch to the next who asks.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "queue/batch_words.h"
#include "queue/redis_connection.h"
#include "queue/redis_script_call.h"
#include "uie/base/mutex.h"
#include "uie/queue/redis.h"

namespace uie {
namespace {

using namespace redis;
using std::chrono::milliseconds;

constexpr milliseconds lease{120'000};  // longer than a group of lines takes, unless the queue is very full
constexpr milliseconds between_claims{250};
constexpr size_t lines_a_command = 1'000;

struct BatchKeys {
  explicit BatchKeys(const std::string& prefix) : base(prefix + ":batch") {}

  std::string expiring() const { return base + "es"; }
  std::string open() const { return base + "es:open"; }
  std::string head(const std::string& id) const { return base + ":" + id; }
  std::string lines(const std::string& id) const { return head(id) + ":lines"; }
  std::string results(const std::string& id) const { return head(id) + ":results"; }
  std::string key(const std::string& key) const { return base + "-key:" + key; }

  const std::string base;
};

// Redis' own clock, in ms and, where the order of two within a millisecond counts, in µs (as text: a Lua number shows
// 14 digits). Front ends' clocks may differ.
#define UIE_LUA_NOW                                      \
  "local t = redis.call('TIME')\n"                       \
  "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"  \
  "local now_us = t[1] .. string.format('%06d', t[2])\n" \
  "local function later_us(ms) return string.format('%.0f', t[1] * 1000000 + t[2] + ms * 1000) end\n"

// KEYS expiring open head lines key   ARGV id question key digest total expiry-ms most
// The lines are there already. {"ok", id} | {"known", id} | {"other"} | {"full", how many}
constexpr const char* create_script = UIE_LUA_NOW R"(
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[3] ~= '' then
  local known = redis.call('GET', KEYS[5])
  if known then
    redis.call('DEL', KEYS[4])
    local place = string.match(known, '^(%x+) ')
    if string.sub(known, #place + 2) == ARGV[4] then return {'known', place} end
    return {'other', ''}
  end
end
local kept = redis.call('ZCARD', KEYS[1])
if kept >= tonumber(ARGV[7]) then
  redis.call('DEL', KEYS[4])
  return {'full', tostring(kept)}
end
local expires = now + ARGV[6]
redis.call('HSET', KEYS[3], 'question', ARGV[2], 'key', ARGV[3], 'total', ARGV[5], 'failed', 0, 'started', 0, 'created', now, 'expires', expires)
redis.call('PEXPIREAT', KEYS[3], expires)
redis.call('PEXPIREAT', KEYS[4], expires)
redis.call('ZADD', KEYS[1], expires, ARGV[1])
redis.call('ZADD', KEYS[2], now_us, ARGV[1])
if ARGV[3] ~= '' then redis.call('SET', KEYS[5], ARGV[1] .. ' ' .. ARGV[4], 'PX', ARGV[6]) end
return {'ok', ARGV[1]}
)";

// KEYS open   ARGV lease-ms batch-base → {id, question, total, done} or nothing. What has expired is forgotten here.
constexpr const char* claim_script = UIE_LUA_NOW R"(
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_us)) do
  local head = ARGV[2] .. ':' .. id
  local total = redis.call('HGET', head, 'total')
  if total then
    redis.call('ZADD', KEYS[1], later_us(ARGV[1]), id)
    redis.call('HSET', head, 'started', 1)
    return {id, redis.call('HGET', head, 'question'), total, redis.call('LLEN', head .. ':results')}
  end
  redis.call('ZREM', KEYS[1], id)
end
return {}
)";

// KEYS open head results   ARGV id lease-ms from failed result … → 1; 0: no such batch
constexpr const char* append_script = UIE_LUA_NOW R"(
local expires = redis.call('HGET', KEYS[2], 'expires')
if not expires then return 0 end
if redis.call('LLEN', KEYS[3]) == tonumber(ARGV[3]) then
  for i = 5, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[i]) end
  redis.call('PEXPIREAT', KEYS[3], expires)
  redis.call('HINCRBY', KEYS[2], 'failed', ARGV[4])
end
if redis.call('LLEN', KEYS[3]) >= tonumber(redis.call('HGET', KEYS[2], 'total')) then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], 'XX', later_us(ARGV[2]), ARGV[1])
end
return 1
)";

// KEYS open   ARGV id
constexpr const char* release_script = UIE_LUA_NOW "redis.call('ZADD', KEYS[1], 'XX', now_us, ARGV[1]) return 1";

// KEYS expiring open head lines results   ARGV id key-base → 1; 0: there was none
constexpr const char* remove_script = R"(
local key = redis.call('HGET', KEYS[3], 'key')
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if key and key ~= '' then redis.call('DEL', ARGV[2] .. key) end
return math.min(1, redis.call('DEL', KEYS[3], KEYS[4], KEYS[5]))
)";

#undef UIE_LUA_NOW

bool is_id(const std::string& id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

int64_t number(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

std::chrono::system_clock::time_point unix_time(const std::string& ms) {
  return std::chrono::system_clock::time_point(milliseconds(number(ms)));
}

std::vector<std::string> texts(const Answer& answer) {
  std::vector<std::string> out;
  for (const Answer& line : answer.list) out.push_back(line.text);
  return out;
}

class RedisBatches final : public BatchStore {
 public:
  RedisBatches(const std::string& prefix, Address address, const BatchOptions& options)
      : keys_(prefix), options_(options), connection_(std::move(address), no_metrics().counter("", "")) {}

  bool durable() const override { return true; }
  Result<CreatedBatch> create(NewBatch batch) override;
  Result<BatchView> find(const std::string& id) override;
  Result<std::vector<std::string>> results(const std::string& id, size_t from, size_t count) override {
    return part(id, keys_.results(id), from, count);
  }
  Result<std::vector<std::string>> lines(const std::string& id, size_t from, size_t count) override {
    return part(id, keys_.lines(id), from, count);
  }
  Result<void> remove(const std::string& id) override;
  Result<std::optional<BatchWork>> claim(Deadline deadline) override;
  Result<void> append(const std::string& id, size_t from, std::vector<std::string> results, size_t failed) override;
  void release(const std::string& id) override;

 private:
  Result<std::vector<Answer>> run(const std::vector<Command>& commands);
  Result<std::vector<std::string>> part(const std::string& id, const std::string& list, size_t from, size_t count);

  const BatchKeys keys_;
  const BatchOptions options_;
  Mutex mutex_;
  Connection connection_ UIE_GUARDED_BY(mutex_);
};

Result<std::vector<Answer>> RedisBatches::run(const std::vector<Command>& commands) {
  MutexLock lock(mutex_);
  if (!connection_.connect())
    return fail(ErrorCode::unavailable, "the store of jobs cannot be reached; try again later");
  auto answers = connection_.run(commands);
  if (!answers) return answers;
  for (const Answer& answer : *answers) {
    if (answer.is_error()) return fail(ErrorCode::internal, "Redis: " + answer.text);
  }
  return answers;
}

Result<CreatedBatch> RedisBatches::create(NewBatch batch) {
  const std::string id = secret_batch_id(), lines = keys_.lines(id);
  std::vector<Command> commands;
  for (size_t i = 0; i < batch.lines.size(); ++i) {
    if (i % lines_a_command == 0) commands.push_back({"RPUSH", lines});
    commands.back().push_back(std::move(batch.lines[i]));
  }
  const std::string expiry_ms = std::to_string(int64_t{1'000} * options_.expiry_s);
  commands.push_back({"PEXPIRE", lines, expiry_ms});
  commands.push_back(call_script(create_script,
                                 {keys_.expiring(), keys_.open(), keys_.head(id), lines, keys_.key(batch.key)},
                                 {id, batch.question, batch.key, batch.digest, std::to_string(batch.lines.size()),
                                  expiry_ms, std::to_string(options_.max_batches)}));
  const auto answers = run(commands);
  if (!answers) return Unexpected(answers.error());
  const std::string& what = answers->back().at(0).text;
  if (what == "other") {
    return key_of_another_batch();
  }
  if (what == "full") {
    return too_many_batches(answers->back().at(1).text);
  }
  auto view = find(answers->back().at(1).text);
  if (!view) return Unexpected(view.error());
  return CreatedBatch{*std::move(view), what == "known"};
}

Result<BatchView> RedisBatches::find(const std::string& id) {
  if (!is_id(id)) return no_such_batch();
  const auto answers =
      run({{"HMGET", keys_.head(id), "total", "failed", "started", "created", "expires"}, {"LLEN", keys_.results(id)}});
  if (!answers) return Unexpected(answers.error());
  const Answer& head = answers->front();
  if (head.at(0).text.empty()) return no_such_batch();
  return BatchView{id,
                   static_cast<size_t>(number(head.at(0).text)),
                   static_cast<size_t>(answers->back().integer),
                   static_cast<size_t>(number(head.at(1).text)),
                   head.at(2).text == "1",
                   unix_time(head.at(3).text),
                   unix_time(head.at(4).text)};
}

Result<std::vector<std::string>> RedisBatches::part(const std::string& id, const std::string& list, size_t from,
                                                    size_t count) {
  if (!is_id(id)) return no_such_batch();
  const size_t last = count > SIZE_MAX / 4 ? SIZE_MAX / 4 : from + count;  // exclusive
  const auto answers = run({{"EXISTS", keys_.head(id)},
                            {"LRANGE", list, std::to_string(from), std::to_string(static_cast<int64_t>(last) - 1)}});
  if (!answers) return Unexpected(answers.error());
  if (answers->front().integer == 0) return no_such_batch();
  if (count == 0) return std::vector<std::string>{};
  return texts(answers->back());
}

Result<void> RedisBatches::remove(const std::string& id) {
  if (!is_id(id)) return no_such_batch();
  const auto answers = run(
      {call_script(remove_script, {keys_.expiring(), keys_.open(), keys_.head(id), keys_.lines(id), keys_.results(id)},
                   {id, keys_.key("")})});
  if (!answers) return Unexpected(answers.error());
  if (answers->front().integer == 0) return no_such_batch();
  return {};
}

Result<std::optional<BatchWork>> RedisBatches::claim(Deadline deadline) {
  while (true) {
    const auto answers = run({call_script(claim_script, {keys_.open()}, {std::to_string(lease.count()), keys_.base})});
    if (!answers) return Unexpected(answers.error());
    const Answer& work = answers->front();
    if (!work.list.empty()) {
      return BatchWork{work.at(0).text, work.at(1).text, static_cast<size_t>(work.at(3).integer),
                       static_cast<size_t>(number(work.at(2).text))};
    }
    if (deadline.expired()) return std::nullopt;
    std::this_thread::sleep_for(std::min(between_claims, deadline.left()));
    if (deadline.expired()) return std::nullopt;
  }
}

Result<void> RedisBatches::append(const std::string& id, size_t from, std::vector<std::string> results, size_t failed) {
  if (!is_id(id)) return no_such_batch();
  Command arguments{id, std::to_string(lease.count()), std::to_string(from), std::to_string(failed)};
  for (std::string& line : results) arguments.push_back(std::move(line));
  const auto answers = run({call_script(append_script, {keys_.open(), keys_.head(id), keys_.results(id)}, arguments)});
  if (!answers) return Unexpected(answers.error());
  if (answers->front().integer == 0) return no_such_batch();
  return {};
}

// Without Redis the lease runs out by itself.
void RedisBatches::release(const std::string& id) {
  if (is_id(id)) (void)run({call_script(release_script, {keys_.open()}, {id})});
}

}  // namespace

Result<std::unique_ptr<BatchStore>> make_redis_batch_store(const RedisOptions& redis, const BatchOptions& options) {
  auto address = read_address(redis);
  if (!address) return Unexpected(address.error());
  return std::make_unique<RedisBatches>(redis.prefix, *std::move(address), options);
}

}  // namespace uie
