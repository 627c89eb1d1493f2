#include "extract/task_form.h"

#include <utility>

namespace uie {
namespace {

constexpr std::string_view kTrigger = "(事件触发词)", kWideTrigger = "（事件触发词）";
constexpr std::string_view kPolar = "(情感词)", kWidePolar = "（情感词）";
constexpr std::string_view kCandidateMark = "（候选词）", kPronounMark = "(代词)";

// All parts are valid UTF-8, and far from the limit of 2^31 bytes together.
Text text_of(std::string bytes) { return Text::from_utf8(std::move(bytes)).value_or(Text()); }

// Without the first of `endings` that it has.
std::string without(const std::string& label, std::initializer_list<std::string_view> endings) {
  for (const auto ending : endings) {
    if (label.ends_with(ending)) return label.substr(0, label.size() - ending.size());
  }
  return label;
}

// Top labels as `rename` says, what hangs below them as it is.
template <class Rename>
SchemaNode renamed(const SchemaNode& root, std::string label, Rename rename) {
  SchemaNode node{std::move(label), {}};
  node.children.reserve(root.children.size());
  for (const SchemaNode& child : root.children) node.children.push_back({rename(child.label), child.children});
  return node;
}

bool marked_behind(const std::string& text, size_t place) {
  const std::string_view rest = std::string_view(text).substr(place);
  for (const std::string_view mark : {"（候选词", "(候选词", "（代词", "(代词"}) {
    if (rest.starts_with(mark)) return true;
  }
  return false;
}

}  // namespace

std::string trigger_label(const std::string& event) {
  if (event.ends_with(kTrigger) || event.ends_with(kWideTrigger)) return event;
  return event + std::string(kTrigger);
}

std::string event_of(const std::string& trigger) { return without(trigger, {kTrigger, kWideTrigger}); }

std::string opinion_label(const std::string& polarity) {
  if (polarity == kOpinion || polarity.ends_with(kPolar) || polarity.ends_with(kWidePolar)) return polarity;
  return polarity + std::string(kPolar);
}

std::string polarity_of(const std::string& opinion) {
  return opinion == kOpinion ? std::string() : without(opinion, {kPolar, kWidePolar});
}

Schema one_label(std::string label) {
  auto root = std::make_shared<SchemaNode>();
  root->children.push_back({std::move(label), {}});
  return root;
}

TaskForm framed(const Task& task, const std::string& front, const std::string& back) {
  TaskForm form;
  form.front = text_of(front).size();
  form.text = text_of(front + task.text.bytes() + back);
  form.schema = task.schema;
  return form;
}

TaskForm span_form(const Task& task) {
  const bool aspects = task.named->kind == TaskKind::aspects;
  TaskForm form = framed(task, aspects && task.named->missing_aspect ? std::string(kMissingAspect) : std::string());
  if (aspects) {
    auto root = std::make_shared<SchemaNode>();
    root->children.push_back(renamed(*task.schema, std::string(kAspect), opinion_label));
    form.schema = std::move(root);
  } else if (task.named->kind == TaskKind::events) {
    form.schema = std::make_shared<SchemaNode>(renamed(*task.schema, {}, trigger_label));
  }
  return form;
}

std::string marked_coreference(const Task& task) {
  std::string text = task.text.bytes();
  const std::string &candidate = task.named->candidate, &pronoun = task.named->pronoun;
  const size_t first = text.find(candidate);
  if (first == std::string::npos) return text;
  const size_t behind = first + candidate.size();
  if (!marked_behind(text, behind)) text.insert(behind, kCandidateMark);
  size_t place = text.find(pronoun, behind + kCandidateMark.size());
  if (place == std::string::npos) place = text.find(pronoun);
  if (place != std::string::npos && !marked_behind(text, place + pronoun.size())) {
    text.insert(place + pronoun.size(), kPronounMark);
  }
  return text;
}

}  // namespace uie
