// Named tasks as SiameseUniNLU is asked: the labels in front of the text, as "正向,负向|…", and one question as the
// label. The answer is a span of the label part. Source: spec/siamese.md §8.
#include <unordered_map>

#include "extract/task_form.h"

namespace uie {
namespace {

uint32_t length(const std::string& bytes) { return Text::from_utf8(bytes).value_or(Text()).size(); }

using Path = std::vector<std::string>;

void collect_leaves(const SchemaNode& node, Path& path, std::vector<Path>& leaves) {
  for (const SchemaNode& child : node.children) {
    path.push_back(child.label);
    if (child.is_leaf()) leaves.push_back(path);
    collect_leaves(child, path, leaves);
    path.pop_back();
  }
}

// The leaf's own name where no other leaf has it, else its whole path.
std::string spelled(const Path& path, const std::unordered_map<std::string, int>& leaves) {
  if (leaves.at(path.back()) == 1) return path.back();
  std::string text;
  for (const std::string& label : path) text += (text.empty() ? "" : "-") + label;
  return text;
}

// The labels, then `front`, the caller's text, `back`.
TaskForm options_form(const Task& task, std::string question, const std::string& front = {},
                      const std::string& back = {}) {
  Path path;
  std::vector<Path> leaves;
  collect_leaves(*task.schema, path, leaves);
  std::unordered_map<std::string, int> counts;
  for (const Path& leaf : leaves) ++counts[leaf.back()];
  std::string part;
  std::vector<TaskOption> options;
  uint32_t place = 0;
  for (Path& leaf : leaves) {
    const std::string text = spelled(leaf, counts);
    const uint32_t end = place + length(text);
    options.push_back({place, end, std::move(leaf)});
    part += text + (options.size() < leaves.size() ? "," : "|");
    place = end + 1;
  }
  TaskForm form = framed(task, part + front, back);
  form.options = std::move(options);
  form.schema = one_label(std::move(question));
  return form;
}

// A trigger is an event also where no argument is found; the family gives whole paths alone unless it is asked.
TaskForm events_form(const Task& task) {
  TaskForm form = span_form(task);
  form.early_ends = true;
  return form;
}

TaskForm coreference_form(const Task& task) {
  Task marked = task;
  marked.text = Text::from_utf8(marked_coreference(task)).value_or(Text());
  TaskForm form = options_form(
      marked, "在下面的描述中，代词“" + task.named->pronoun + "”指代的是“" + task.named->candidate + "”吗？");
  form.whole = false;
  return form;
}

}  // namespace

TaskForm siamese_form(const Task& task) {
  switch (task.named->kind) {
    case TaskKind::entities:
    case TaskKind::relations:
    case TaskKind::aspects:
    case TaskKind::reading:
      return span_form(task);
    case TaskKind::events:
      return events_form(task);
    case TaskKind::sentiment:
    case TaskKind::emotion:
      return options_form(task, "情感分类");
    case TaskKind::classification:
    case TaskKind::multi_label:
    case TaskKind::hierarchy:
      return options_form(task, "分类");
    case TaskKind::matching:
      return options_form(task, "文本匹配", {}, "&" + task.named->second.bytes());
    case TaskKind::inference:
      return options_form(task, "段落2和段落1的关系是：", "段落1：", "；段落2：" + task.named->second.bytes());
    case TaskKind::coreference:
      return coreference_form(task);
    case TaskKind::choice:
      return options_form(task, task.named->question);
  }
  return span_form(task);
}

}  // namespace uie
