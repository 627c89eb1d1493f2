#include "queue/redis_connection.h"

#include <algorithm>

#include <hiredis/hiredis.h>

#include "uie/base/log.h"

namespace uie::redis {
namespace {

timeval to_timeval(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1'000, .tv_usec = time.count() % 1'000 * 1'000};
}

Answer to_answer(const redisReply& reply) {
  Answer answer;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      answer.kind = Answer::Kind::integer;
      answer.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      answer.kind = reply.type == REDIS_REPLY_ERROR ? Answer::Kind::error : Answer::Kind::text;
      answer.text.assign(reply.str, static_cast<size_t>(reply.len));
      break;
    case REDIS_REPLY_ARRAY:
      answer.kind = Answer::Kind::list;
      for (size_t i = 0; i < reply.elements; ++i) answer.list.push_back(to_answer(*reply.element[i]));
      break;
    default:
      break;
  }
  return answer;
}

// Another server, or the same one later, will do what this one cannot now.
bool wants_reconnect(const Answer& answer) {
  if (!answer.is_error()) return false;
  for (const char* word : {"READONLY", "LOADING", "MASTERDOWN", "NOGROUP", "NOAUTH", "NOSCRIPT", "UNBLOCKED"}) {
    if (answer.text.starts_with(word)) return true;
  }
  return false;
}

}  // namespace

const Answer& Answer::at(size_t index) const {
  static const Answer none;
  return kind == Kind::list && index < list.size() ? list[index] : none;
}

void Connection::Free::operator()(redisContext* context) const { redisFree(context); }

Connection::~Connection() = default;

void Connection::drop() {
  id_ = 0;
  digests_.clear();
  context_.reset();
}

bool Connection::connect() {
  if (context_) return true;
  auto done = open();
  if (done) done = greet();
  if (!done) {
    drop();
    if (!failing_) log_warn("Redis at " + address_.shown() + " cannot be used: " + done.error().message);
    failing_ = true;
    return false;
  }
  if (failing_) log_info("Redis at " + address_.shown() + " is back");
  failing_ = false;
  if (generation_++ > 0) reconnects_.add();
  return true;
}

Result<void> Connection::open() {
  const timeval timeout = to_timeval(2 * kBlock);
  context_.reset(address_.host.empty() ? redisConnectUnixWithTimeout(address_.socket_path.c_str(), timeout)
                                       : redisConnectWithTimeout(address_.host.c_str(), address_.port, timeout));
  if (!context_) return fail(ErrorCode::unavailable, "out of memory");
  if (context_->err) return fail(ErrorCode::unavailable, context_->errstr);
  if (redisSetTimeout(context_.get(), timeout) != REDIS_OK) return fail(ErrorCode::unavailable, context_->errstr);
  return {};
}

Result<void> Connection::greet() {
  std::vector<Command> commands;
  if (!address_.user.empty()) {
    commands.push_back({"AUTH", address_.user, address_.password});
  } else if (!address_.password.empty()) {
    commands.push_back({"AUTH", address_.password});
  }
  commands.push_back({"SELECT", std::to_string(address_.database)});
  commands.push_back({"CLIENT", "ID"});
  const auto answers = exchange(commands);
  if (!answers) return Unexpected(answers.error());
  for (const Answer& answer : *answers) {
    if (answer.is_error()) return fail(ErrorCode::unavailable, "Redis refused the connection: " + answer.text);
  }
  id_ = answers->back().integer;
  return {};
}

Result<std::vector<Answer>> Connection::run(const std::vector<Command>& commands) {
  if (!context_) return fail(ErrorCode::unavailable, "there is no connection to Redis");
  auto answers = exchange(commands);
  if (!answers) drop();
  return answers;
}

Result<std::vector<Answer>> Connection::exchange(const std::vector<Command>& commands) {
  if (auto loaded = load_scripts(commands); !loaded) return Unexpected(loaded.error());
  for (const Command& command : commands) send(command);
  return receive(commands.size());
}

Result<void> Connection::load_scripts(const std::vector<Command>& commands) {
  std::vector<std::string> loading;
  for (const Command& command : commands) {
    if (command[0] != "EVAL" || !digests_.try_emplace(command[1]).second) continue;
    loading.push_back(command[1]);
    send({"SCRIPT", "LOAD", command[1]});
  }
  const auto answers = receive(loading.size());
  if (!answers) return Unexpected(answers.error());
  for (size_t i = 0; i < loading.size(); ++i) {
    if ((*answers)[i].is_error()) return fail(ErrorCode::unavailable, "Redis refused a script: " + (*answers)[i].text);
    digests_[loading[i]] = (*answers)[i].text;
  }
  return {};
}

void Connection::send(const Command& command) {
  const bool script = command[0] == "EVAL";
  std::vector<const char*> words;
  std::vector<size_t> lengths;
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  if (script) {
    const std::string& digest = digests_.at(command[1]);
    words[0] = "EVALSHA";
    lengths[0] = 7;
    words[1] = digest.data();
    lengths[1] = digest.size();
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(), lengths.data());
}

Result<std::vector<Answer>> Connection::receive(size_t count) {
  std::vector<Answer> answers;
  for (size_t i = 0; i < count; ++i) {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK || raw == nullptr) {
      return fail(ErrorCode::unavailable, std::string("the connection to Redis broke: ") + context_->errstr);
    }
    const std::unique_ptr<void, decltype(&freeReplyObject)> owner(raw, freeReplyObject);
    answers.push_back(to_answer(*static_cast<redisReply*>(raw)));
    if (wants_reconnect(answers.back())) return fail(ErrorCode::unavailable, "Redis says " + answers.back().text);
  }
  return answers;
}

std::chrono::milliseconds Backoff::next() {
  const int longest = step_;
  step_ = std::min(step_ * 2, kLast);
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(longest / 2, longest)(random_));
}

}  // namespace uie::redis
