// Tasks by name: what a client may ask without knowing how a model wants to be asked, and the one shape of their
// answers.
//
// The table of tasks is src/schema/task_table.cpp. Source: spec/interface.md §2.1, spec/rex.md §13, spec/siamese.md §8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"
#include "uie/schema/extracted.h"
#include "uie/schema/json.h"
#include "uie/schema/task.h"
#include "uie/text/text.h"

namespace uie {

// A task of a request, for any number of texts. Immutable once parsed.
struct AskedTask {
  std::string name;     // where its answer stands: the table's name for it, or what "as" says
  std::string pointer;  // JSON pointer to it
  Schema labels;
  std::shared_ptr<const NamedTask> named;
};

// "ner", or {"task": "ner", parameters…, "as": "name of the answer"}. Names do not care about case, spaces, - and _.
// Errors: invalid_request, too_large; `where` is a JSON pointer below `pointer`, the message says what would be right.
Result<AskedTask> parse_task(const Json& json, const SchemaLimits& limits, std::string_view pointer);

// A list of them, each with an answer name of its own.
Result<std::vector<AskedTask>> parse_tasks(const Json& json, const SchemaLimits& limits, std::string_view pointer);

// Whether the task can be asked about this text. Errors: invalid_request, as above.
Result<void> check_task(const AskedTask& task, const Text& text);

// The tasks with their names, parameters, default schemas and worked examples, in Chinese and English.
Json list_of_tasks();

// {"entities": […]} or the list that the task gives: relations, events, aspects, labels, answers (docs/tasks.md).
// `text` is the caller's, needed where offsets are not code points. With `native` also the family's own tuples.
Json task_answer_to_json(const NamedTask& task, const Extracted& found, const Text& text, OffsetUnit unit, bool native);

// Aspect, opinion and polarity in one line each, from an answer's "aspects": {"aspect","opinion","polarity","flat"}.
Json bindings_of(const Json& aspects);

}  // namespace uie
