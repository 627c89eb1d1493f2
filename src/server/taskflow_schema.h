// The schemas of PaddleNLP's Taskflow("information_extraction").
// Source: https://github.com/PaddlePaddle/PaddleNLP, paddlenlp/taskflow/information_extraction.py (_build_tree).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uie/schema/json.h"

namespace uie {

// A label ("时间"), a list of labels and objects, or an object of a label to what is asked about each of its spans, in
// any of these forms. Space around labels is dropped; equal labels side by side become one.
// Errors: invalid_request at a pointer below `pointer`: other forms, no label at all, over a limit.
Result<Schema> parse_taskflow_schema(const Json& json, const SchemaLimits& limits, const std::string& pointer);

// What a child of `parent` is called where the model is asked: PaddleNLP's models were trained on other words for
// aspect and opinion than ours (spec/rex.md §13, spec/siamese.md §8). The child's own label in any other case, and
// where a sibling has that name already.
const std::string& asked_label(const SchemaNode& parent, const SchemaNode& child);

// A question with given answers: the label "情感倾向[正向，负向]".
struct Choice {
  std::string name;                  // "情感倾向"
  std::vector<std::string> options;  // at least one; "正向", "负向"
};

// Nothing when the label has no options at its end, or labels below it.
std::optional<Choice> read_choice(const SchemaNode& node);

}  // namespace uie
