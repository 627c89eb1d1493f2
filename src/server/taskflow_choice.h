// A question with given answers, in the input form that each model family was trained on (spec/rex.md §10,
// spec/siamese.md §8).
#pragma once

#include <optional>
#include <string>

#include "server/taskflow_schema.h"
#include "uie/schema/extracted.h"

namespace uie {

// What is sent to the model: a text made of the caller's, and a schema.
struct ChoiceForm {
  std::string prefix;               // goes before the caller's text
  Schema schema;                    // one level
  std::vector<std::string> labels;  // RexUniNLU: the label that stands for each option; else empty
};

// `about`: the span that is asked about, as PaddleNLP puts it before the question ("屏幕的情感倾向"); empty: the text.
ChoiceForm choice_form(const Choice& choice, const std::string& about, const std::string& family);

struct Chosen {
  std::string option;
  double confidence = 0;  // 0…1
};

// The option that the answer names with the greatest confidence; nothing when it names none.
std::optional<Chosen> read_chosen(const ChoiceForm& form, const Choice& choice, const Extracted& answer);

}  // namespace uie
