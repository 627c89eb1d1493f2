// A named task in a family's own words: the text and labels that the family is asked, and how to read its tuples back.
//
// The family's text is the caller's with something put in front of it or after it, so that every offset into the
// caller's text is the family's less `front`. Source: spec/rex.md §13, spec/siamese.md §8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "uie/schema/task.h"
#include "uie/text/text.h"

namespace uie {

// A label of the caller's that stands in the family's text, to be found there.
struct TaskOption {
  uint32_t begin = 0, end = 0;    // code points of the family's text
  std::vector<std::string> path;  // the caller's labels, from the root
};

struct TaskForm {
  Text text;
  Schema schema;
  uint32_t front = 0;               // code points in front of the caller's text
  bool early_ends = false;          // paths that stop before a leaf are asked for, too
  bool whole = true;                // the caller's text stands in it uncut; otherwise no offset leads back
  std::string before_label;         // what was put in front of the caller's labels
  std::vector<TaskOption> options;  // not empty: labels are spans of the text, otherwise types of items
};

// `task.named` is not null.
TaskForm rex_form(const Task& task);
TaskForm siamese_form(const Task& task);

// The literal that stands for an aspect which the text does not name, and the labels of aspects and triggers: the same
// in both families.
inline constexpr std::string_view kMissingAspect = "#";
inline constexpr std::string_view kAspect = "属性词";
inline constexpr std::string_view kOpinion = "情感词";

// 胜负 → 胜负(事件触发词), unless the caller wrote it so; and back.
std::string trigger_label(const std::string& event);
std::string event_of(const std::string& trigger);

// 正向情感 → 正向情感(情感词); a label of opinions without polarity stays. And back: without polarity nothing is left.
std::string opinion_label(const std::string& polarity);
std::string polarity_of(const std::string& opinion);

// Entities, relations, events, aspects, reading: the families read them alike.
TaskForm span_form(const Task& task);

// {`label`: null}
Schema one_label(std::string label);

// The text with （候选词） behind the candidate and (代词) behind the pronoun, unless they are there.
std::string marked_coreference(const Task& task);

// `front` + the caller's text + `back`.
TaskForm framed(const Task& task, const std::string& front, const std::string& back = {});

}  // namespace uie
