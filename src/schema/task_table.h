// The table of named tasks: one row a task. JSON in it is parsed where it is used; a test reads all of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "uie/schema/task.h"

namespace uie {

// Which label trees a task takes.
enum class TreeShape {
  flat,       // labels without labels below them
  two_level,  // every label has labels below it, and those have none
  events,     // one or two levels: a trigger may have no arguments
  any,
  none,  // the task takes no labels: its question stands for them
};

struct TaskRow {
  TaskKind kind;
  std::string_view name;
  std::string_view title_zh, title_en;
  std::string_view about_zh, about_en;
  std::vector<std::string_view> aliases;
  TreeShape tree;
  std::string_view default_labels;           // a schema; empty: labels must be given
  std::vector<std::string_view> parameters;  // in order of importance; see parameter_row()
  std::string_view answer;                   // which list the answer holds
  std::string_view example_text;
  std::string_view example_task;    // an object with the task and its parameters
  std::string_view example_answer;  // what is right, without confidences
};

struct ParameterRow {
  std::string_view name, type;
  bool required;  // `labels`, `schema`: only where the task has no default
  std::string_view about_zh, about_en;
};

const std::vector<TaskRow>& task_table();

// By name or alias; case, spaces, hyphens and underscores do not count. Null: there is none.
const TaskRow* find_task(std::string_view name);

const TaskRow& task_row(TaskKind kind);

// "ner, relation, …"
std::string known_tasks();

// Requires a name that some row of the table lists.
const ParameterRow& parameter_row(std::string_view name);

}  // namespace uie
