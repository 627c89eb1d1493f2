#include "server/taskflow_choice.h"

#include <algorithm>
#include <memory>

namespace uie {
namespace {

Schema schema_of(const std::vector<std::string>& labels) {
  auto root = std::make_shared<SchemaNode>();
  for (const std::string& label : labels) root->children.push_back({label, {}});
  return root;
}

// SiameseUniNLU points at the answer among the options in front of the text: "正向,负向|…", {"情感倾向": null}.
ChoiceForm options_in_text(const Choice& choice, const std::string& question) {
  ChoiceForm form;
  for (const std::string& option : choice.options) form.prefix += (form.prefix.empty() ? "" : ",") + option;
  form.prefix += "|";
  form.schema = schema_of({question});
  return form;
}

// RexUniNLU links the mark to the label that fits: "[CLASSIFY]…", {"正向": null, "负向": null}; about a part of the
// text the question stands in the labels, as in its published examples: "段落2和段落1的关系是：蕴含".
ChoiceForm options_as_labels(const Choice& choice, const std::string& question, bool of_a_part) {
  ChoiceForm form;
  form.prefix = "[CLASSIFY]";
  for (const std::string& option : choice.options) form.labels.push_back(of_a_part ? question + "：" + option : option);
  form.schema = schema_of(form.labels);
  return form;
}

std::string polarity_label(const std::string& option) { return option + "情感(情感词)"; }

bool is_polarity(const std::string& option) { return option == "正向" || option == "负向" || option == "中性"; }

// Grows with the characters between two spans. Of two opinions as near as each other, the one that follows is nearer:
// it is how opinions stand in Chinese.
uint32_t distance(const Item& opinion, uint32_t begin, uint32_t end) {
  if (opinion.begin >= end) return 2 * (opinion.begin - end);
  return begin >= opinion.end ? 2 * (begin - opinion.end) + 1 : 0;
}

}  // namespace

ChoiceForm choice_form(const Choice& choice, const std::string& about, const std::string& family) {
  const std::string question = about.empty() ? choice.name : about + "的" + choice.name;
  if (family.starts_with("siamese")) return options_in_text(choice, question);
  return options_as_labels(choice, question, !about.empty());
}

std::optional<Chosen> read_chosen(const ChoiceForm& form, const Choice& choice, const Extracted& answer) {
  const std::vector<std::string>& names = form.labels.empty() ? choice.options : form.labels;
  std::optional<Chosen> best;
  for (const Chain& chain : answer.chains) {
    if (chain.empty()) continue;
    const Item& item = chain.front();
    const auto name = std::find(names.begin(), names.end(), form.labels.empty() ? item.span : item.type);
    if (name == names.end() || (best && best->confidence >= item.confidence)) continue;
    best = Chosen{choice.options[static_cast<size_t>(name - names.begin())], item.confidence};
  }
  return best;
}

Schema polarity_schema(const Choice& choice, const std::string& above) {
  if (!std::all_of(choice.options.begin(), choice.options.end(), is_polarity)) return nullptr;
  auto root = std::make_shared<SchemaNode>();
  SchemaNode& aspect = root->children.emplace_back(SchemaNode{above, {}});
  for (const std::string& option : choice.options) aspect.children.push_back({polarity_label(option), {}});
  return root;
}

std::optional<Chosen> read_polarity(const Choice& choice, uint32_t begin, uint32_t end, const Extracted& answer) {
  std::optional<Chosen> nearest;
  uint32_t least = 0;
  for (const Chain& chain : answer.chains) {
    if (chain.size() != 2 || chain[0].begin != begin || chain[0].end != end) continue;
    const uint32_t away = distance(chain[1], begin, end);
    if (nearest && away >= least) continue;
    for (const std::string& option : choice.options) {
      if (chain[1].type != polarity_label(option)) continue;
      nearest = Chosen{option, chain[1].confidence};
      least = away;
    }
  }
  return nearest;
}

}  // namespace uie
