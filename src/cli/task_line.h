// One JSON line {"id", "text", "schema", "options"?} as a task.
#pragma once

#include <string>

#include "uie/schema/json.h"
#include "uie/schema/task.h"

namespace uie::cli {

struct TaskLine {
  Json id;  // null when the line has none
  Task task;
};

// Keeps the last schema, because files repeat theirs: equal schemas then share one tree. One thread at a time.
class TaskLineParser {
 public:
  explicit TaskLineParser(const SchemaLimits& limits) : limits_(limits) {}

  // `id` is filled as soon as it is known, so that a bad line can be answered under its own id.
  // Errors: invalid_request, too_large; `where` is a JSON pointer into the line.
  Result<Task> parse(std::string_view line, Json& id);

 private:
  Result<Schema> schema_of(const Json& json);

  const SchemaLimits limits_;
  Json last_json_;
  Schema last_schema_;
};

// The text under `key`, checked: present, a string, valid, within the limits.
Result<Text> text_member(const Json& object, const char* key, const SchemaLimits& limits);

}  // namespace uie::cli
