// What has to happen in Redis at once, in Lua. The order of KEYS and ARGV is that of the comment above each.
#pragma once

namespace uie::redis::scripts {

#define UIE_LUA_NOW "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

// Takes a job in, or says why not. A job that is already there (its submission was repeated after a broken connection)
// is accepted again.
// KEYS jobs live waiting chars workers text
// ARGV max-jobs max-chars room job characters body expiry-ms field value …
//   room: jobs that may be before this one, waiting or under way; 0: any. body: "" or a long text to put beside the
//   entry
inline constexpr const char* submit = UIE_LUA_NOW R"(
if redis.call('HEXISTS', KEYS[2], ARGV[4]) == 1 then return {'ok', 0} end
if redis.call('ZCOUNT', KEYS[5], now, '+inf') == 0 then return {'no_worker', 0} end
local depth = redis.call('ZCARD', KEYS[3])
if depth >= tonumber(ARGV[1]) then return {'jobs', depth} end
local before, room = redis.call('HLEN', KEYS[2]), tonumber(ARGV[3])
if room > 0 and before >= room then return {'late', before} end
local held = tonumber(redis.call('GET', KEYS[4]) or '0')
if held + tonumber(ARGV[5]) > tonumber(ARGV[2]) then return {'chars', held} end
if ARGV[6] ~= '' then redis.call('SET', KEYS[6], ARGV[6], 'PX', ARGV[7]) end
local entry = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 8))
local place = entry .. ' ' .. ARGV[5]
redis.call('HSET', KEYS[2], ARGV[4], place)
redis.call('ZADD', KEYS[3], now, place)
redis.call('INCRBY', KEYS[4], ARGV[5])
return {'ok', 1}
)";

#define UIE_LUA_LEAVE_WAITING                                                                                         \
  "local function leave(waiting, chars, place)\n"                                                                     \
  "  if redis.call('ZREM', waiting, place) == 0 then return false end\n"                                              \
  "  if redis.call('DECRBY', chars, string.match(place, ' (%d+)$')) <= 0 or redis.call('ZCARD', waiting) == 0 then\n" \
  "    redis.call('DEL', chars)\n"                                                                                    \
  "  end\n"                                                                                                           \
  "  return true\n"                                                                                                   \
  "end\n"

// Jobs have been taken: 1 for each that is still wanted, 0 for one that was cancelled meanwhile.
// KEYS jobs live waiting chars   ARGV group (job entry) …
inline constexpr const char* taken = UIE_LUA_LEAVE_WAITING R"(
local wanted = {}
for i = 2, #ARGV, 2 do
  local place = redis.call('HGET', KEYS[2], ARGV[i])
  if place then
    leave(KEYS[3], KEYS[4], place)
    wanted[#wanted + 1] = 1
  else
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i + 1])
    redis.call('XDEL', KEYS[1], ARGV[i + 1])
    wanted[#wanted + 1] = 0
  end
end
return wanted
)";

#define UIE_LUA_ANSWER                                                                  \
  UIE_LUA_LEAVE_WAITING                                                                 \
  "redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])\n"                                     \
  "redis.call('XDEL', KEYS[1], ARGV[3])\n"                                              \
  "redis.call('HDEL', KEYS[7], ARGV[2])\n"                                              \
  "local place = redis.call('HGET', KEYS[2], ARGV[2])\n"                                \
  "if not place then return 0 end\n"                                                    \
  "redis.call('HDEL', KEYS[2], ARGV[2])\n"                                              \
  "if ARGV[6] == '1' then redis.call('INCR', KEYS[8]) end\n"                            \
  "leave(KEYS[3], KEYS[4], place)\n"                                                    \
  "redis.call('DEL', KEYS[6])\n"                                                        \
  "redis.call('XADD', KEYS[5], '*', 'v', ARGV[5], 'job', ARGV[2], 'result', ARGV[4])\n" \
  "if redis.call('TTL', KEYS[5]) < 0 then redis.call('EXPIRE', KEYS[5], 600) end\n"     \
  "return 1\n"

// Stores the answer and forgets the job; 0 when it was answered or cancelled before. A reply stream without a front end
// that renews it goes away after 10 minutes.
// KEYS jobs live waiting chars replies text trials done   ARGV group job entry result protocol worked
//   worked: 1 when compute went into it, 0 when it was dropped
inline constexpr const char* finish = UIE_LUA_ANSWER;

// The same, and keeps the job with its error among the dead letters.
// KEYS … dead   ARGV … error
inline constexpr const char* bury = UIE_LUA_NOW R"(
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry then
  local fields = entry[2]
  local text = redis.call('GET', KEYS[6])
  for i = 1, #fields, 2 do
    if fields[i] == 'task' and text then fields[i + 1] = text end
  end
  for _, word in ipairs({'error', ARGV[7], 'died', tostring(now)}) do fields[#fields + 1] = word end
  redis.call('XADD', KEYS[9], '*', unpack(fields))
end
)" UIE_LUA_ANSWER;

// Nobody wants a job any more. A job is in a worker's hands from the moment it is read, told or not.
// KEYS jobs live waiting chars cancels text trials   ARGV job group
inline constexpr const char* cancel = UIE_LUA_LEAVE_WAITING R"(
local place = redis.call('HGET', KEYS[2], ARGV[1])
if not place then return 'gone' end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[7], ARGV[1])
redis.call('DEL', KEYS[6])
local entry = string.match(place, '^[^ ]+')
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[2], entry, entry, 1)
redis.call('XDEL', KEYS[1], entry)
leave(KEYS[3], KEYS[4], place)
if pending.err or #pending == 0 then return 'waiting' end
redis.call('XADD', KEYS[5], 'MAXLEN', '~', 10000, '*', 'job', ARGV[1])
return 'taken'
)";

// A worker that stops puts back what it has not begun, as it came.
// KEYS jobs live waiting chars   ARGV group (job entry) …
inline constexpr const char* put_back = UIE_LUA_NOW R"(
for i = 2, #ARGV, 2 do
  local place = redis.call('HGET', KEYS[2], ARGV[i])
  local old = redis.call('XRANGE', KEYS[1], ARGV[i + 1], ARGV[i + 1])[1]
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i + 1])
  redis.call('XDEL', KEYS[1], ARGV[i + 1])
  if place and old then
    local chars = string.match(place, ' (%d+)$')
    local entry = redis.call('XADD', KEYS[1], '*', unpack(old[2]))
    redis.call('HSET', KEYS[2], ARGV[i], entry .. ' ' .. chars)
    redis.call('ZADD', KEYS[3], now, entry .. ' ' .. chars)
    redis.call('INCRBY', KEYS[4], chars)
  end
end
return 1
)";

// What silent workers hold: {cursor, {entry, fields, trials} …}.
// KEYS jobs trials   ARGV group instance min-idle-ms cursor count
inline constexpr const char* reclaim = R"(
local found = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local out = {found[1]}
for _, entry in ipairs(found[2]) do
  if entry and entry[2] then
    local fields, job = entry[2], ''
    for i = 1, #fields, 2 do
      if fields[i] == 'job' then job = fields[i + 1] end
    end
    out[#out + 1] = {entry[1], fields, tonumber(redis.call('HGET', KEYS[2], job) or '0')}
  end
end
return out
)";

// KEYS workers cards   ARGV instance lifetime-ms model card
inline constexpr const char* heartbeat = UIE_LUA_NOW R"(
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 1
)";

// {waiting, code points, age of the oldest in ms, live workers, dead letters, answers so far}
// KEYS waiting chars workers dead done
inline constexpr const char* stats = UIE_LUA_NOW R"(
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {redis.call('ZCARD', KEYS[1]), tonumber(redis.call('GET', KEYS[2]) or '0'),
        oldest[2] and (now - tonumber(oldest[2])) or 0, redis.call('ZCOUNT', KEYS[3], now, '+inf'),
        redis.call('XLEN', KEYS[4]), tonumber(redis.call('GET', KEYS[5]) or '0')}
)";

// A dead letter back into its stream, without deadline; 0 when there is none of this id.
// KEYS jobs live waiting chars dead   ARGV entry
inline constexpr const char* requeue = UIE_LUA_NOW R"(
local letter = redis.call('XRANGE', KEYS[5], ARGV[1], ARGV[1])[1]
if not letter then return 0 end
local fields, job, chars = {}, '', '0'
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == 'job' then job = value end
  if name == 'chars' then chars = value end
  if name == 'deadline' then value = '0' end
  if name == 'side' then value = '0' end
  if name ~= 'error' and name ~= 'died' then
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
end
local entry = redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('HSET', KEYS[2], job, entry .. ' ' .. chars)
redis.call('ZADD', KEYS[3], now, entry .. ' ' .. chars)
redis.call('INCRBY', KEYS[4], chars)
redis.call('XDEL', KEYS[5], ARGV[1])
return 1
)";

#undef UIE_LUA_ANSWER
#undef UIE_LUA_LEAVE_WAITING
#undef UIE_LUA_NOW

}  // namespace uie::redis::scripts
