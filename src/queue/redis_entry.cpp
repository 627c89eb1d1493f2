#include "queue/redis_entry.h"

#include <charconv>

namespace uie::redis {
namespace {

template <class Number>
Number number(const std::string& text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Command to_fields(const Entry& entry) {
  return {"v",        entry.version,
          "job",      entry.job,
          "replies",  entry.replies,
          "request",  entry.request_id,
          "accepted", std::to_string(entry.accepted),
          "deadline", std::to_string(entry.deadline),
          "chars",    std::to_string(entry.characters),
          "side",     entry.beside ? "1" : "0",
          "task",     entry.task};
}

Entry to_entry(const Answer& answer) {
  Entry entry;
  entry.entry = answer.at(0).text;
  const Answer& fields = answer.at(1);
  for (size_t i = 0; i + 1 < fields.list.size(); i += 2) {
    const std::string& name = fields.list[i].text;
    const std::string& value = fields.list[i + 1].text;
    if (name == "v") entry.version = value;
    if (name == "job") entry.job = value;
    if (name == "replies") entry.replies = value;
    if (name == "request") entry.request_id = value;
    if (name == "accepted") entry.accepted = number<int64_t>(value);
    if (name == "deadline") entry.deadline = number<int64_t>(value);
    if (name == "chars") entry.characters = number<size_t>(value);
    if (name == "side") entry.beside = value == "1";
    if (name == "task") entry.task = value;
    if (name == "error") entry.error = value;
    if (name == "died") entry.died = number<int64_t>(value);
  }
  return entry;
}

std::vector<Entry> read_entries(const Answer& answer) {
  std::vector<Entry> entries;
  for (const Answer& entry : answer.at(0).at(1).list) entries.push_back(to_entry(entry));
  return entries;
}

}  // namespace uie::redis
