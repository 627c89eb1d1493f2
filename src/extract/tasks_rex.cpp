// Named tasks as RexUniNLU is asked: [CLASSIFY] or [MULTICLASSIFY] in front of the text, and questions in front of each
// label. Source: spec/rex.md §10, §13.
#include "extract/task_form.h"

namespace uie {
namespace {

constexpr const char* kSingle = "[CLASSIFY]";
constexpr const char* kMulti = "[MULTICLASSIFY]";

TaskForm pair_form(const Task& task, std::string before_label) {
  TaskForm form = framed(task, std::string(kSingle) + "段落1：", "；段落2：" + task.named->second.bytes());
  form.before_label = std::move(before_label);
  return form;
}

TaskForm coreference_form(const Task& task) {
  TaskForm form;
  form.text = Text::from_utf8(kSingle + marked_coreference(task)).value_or(Text());
  form.whole = false;
  form.before_label = "下面的句子中，代词“" + task.named->pronoun + "”指代的是“" + task.named->candidate + "”吗？";
  return form;
}

TaskForm composed(const Task& task) {
  switch (task.named->kind) {
    case TaskKind::entities:
    case TaskKind::relations:
    case TaskKind::events:
    case TaskKind::aspects:
    case TaskKind::reading:
      return span_form(task);
    case TaskKind::sentiment:
    case TaskKind::emotion:
    case TaskKind::classification:
    case TaskKind::hierarchy:
      return framed(task, kSingle);
    case TaskKind::multi_label:
      return framed(task, kMulti);
    case TaskKind::matching:
      return pair_form(task, "文本匹配：");
    case TaskKind::inference:
      return pair_form(task, "段落2和段落1的关系是：");
    case TaskKind::coreference:
      return coreference_form(task);
    case TaskKind::choice: {
      TaskForm form = framed(task, kSingle);
      form.before_label = task.named->question;
      return form;
    }
  }
  return framed(task, {});
}

}  // namespace

TaskForm rex_form(const Task& task) {
  TaskForm form = composed(task);
  if (form.before_label.empty()) return form;
  auto root = std::make_shared<SchemaNode>();
  for (const SchemaNode& label : task.schema->children) {
    root->children.push_back({form.before_label + label.label, {}});
  }
  form.schema = std::move(root);
  return form;
}

}  // namespace uie
