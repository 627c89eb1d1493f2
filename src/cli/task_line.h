// One JSON line {"id", "text", "schema" | "task", "options"?} as a task.
#pragma once

#include <optional>
#include <string>

#include "uie/schema/json.h"
#include "uie/schema/task.h"
#include "uie/schema/tasks.h"

namespace uie::cli {

struct TaskLine {
  Task task;
  std::optional<AskedTask> asked;  // none: the line has a schema
};

// Keeps the last schema, because files repeat theirs: equal schemas then share one tree. One thread at a time.
class TaskLineParser {
 public:
  // `asked`: the task of lines that have neither schema nor task.
  explicit TaskLineParser(const SchemaLimits& limits, std::optional<AskedTask> asked = std::nullopt)
      : limits_(limits), default_(std::move(asked)) {}

  // `id` is filled as soon as it is known, so that a bad line can be answered under its own id.
  // Errors: invalid_request, too_large; `where` is a JSON pointer into the line.
  Result<TaskLine> parse(std::string_view line, Json& id);

 private:
  Result<Schema> schema_of(const Json& json);
  Result<std::optional<AskedTask>> asked_by(const Json& line) const;

  const SchemaLimits limits_;
  const std::optional<AskedTask> default_;
  Json last_json_;
  Schema last_schema_;
};

// The text under `key`, checked: present, a string, valid, within the limits.
Result<Text> text_member(const Json& object, const char* key, const SchemaLimits& limits);

}  // namespace uie::cli
