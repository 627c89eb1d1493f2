#include "queue/redis_stale_cards.h"

#include "queue/redis_keys.h"
#include "queue/redis_script_call.h"

namespace uie::redis {
namespace {

// KEYS cards workers live dead   ARGV model
constexpr const char* kDrop = R"(
local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('ZCOUNT', KEYS[2], now, '+inf') > 0 then return 0 end
if redis.call('HLEN', KEYS[3]) > 0 or redis.call('XLEN', KEYS[4]) > 0 then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
)";

}  // namespace

std::optional<Command> StaleCards::look(const std::string& prefix, const std::string& model, bool wanted) {
  if (wanted) {
    unwanted_.erase(model);
    return std::nullopt;
  }
  const auto [since, first] = unwanted_.try_emplace(model, Deadline::after(patience_));
  if (!since->second.expired()) return std::nullopt;
  unwanted_.erase(since);
  const ModelKeys keys(prefix, model);
  return call_script(kDrop, {FleetKeys(prefix).cards(), keys.workers(), keys.live(), keys.dead()}, {model});
}

}  // namespace uie::redis
