// A question with given answers, in the input form that each model family was trained on (spec/rex.md §10,
// spec/siamese.md §8).
#pragma once

#include <cstdint>
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

// The polarity of aspects is what all our families were trained to find together with the opinion that has it:
// {"属性词": {"正向情感(情感词)": null, "负向情感(情感词)": null}}, one question for all aspects of a text. Null when
// the options are other than 正向, 负向 and 中性. `above`: the label of the aspects.
Schema polarity_schema(const Choice& choice, const std::string& above);

struct Chosen {
  std::string option;
  double confidence = 0;  // 0…1
};

// The option that the answer names with the greatest confidence; nothing when it names none.
std::optional<Chosen> read_chosen(const ChoiceForm& form, const Choice& choice, const Extracted& answer);

// Of the opinions that are linked to the span at [begin, end), the nearest decides; nothing when there is none.
std::optional<Chosen> read_polarity(const Choice& choice, uint32_t begin, uint32_t end, const Extracted& answer);

}  // namespace uie
