#include "extract/rex_labels.h"

#include <algorithm>
#include <unordered_map>

namespace uie {
namespace {

using Thresholds = std::unordered_map<std::string_view, double>;

constexpr size_t kMaxWarnings = 8;
constexpr uint32_t kMaxShownLabel = 40;  // code points

// What Python's str.strip() removes.
bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

Text label_text(const std::string& label) { return Text::from_utf8(label).value_or(Text()); }

std::string strip(const Text& text) {
  uint32_t begin = 0, end = text.size();
  while (begin < end && is_white_space(text.at(begin))) ++begin;
  while (end > begin && is_white_space(text.at(end - 1))) --end;
  return std::string(text.slice(begin, end));
}

double threshold_of(const RexLabel& label, const Thresholds& thresholds, double otherwise) {
  for (const std::string* name : {&label.name, &label.stripped}) {
    if (const auto found = thresholds.find(*name); found != thresholds.end()) return found->second;
  }
  return otherwise;
}

class Preparation {
 public:
  Preparation(const Tokenizer& tokenizer, const TaskOptions& options)
      : tokenizer_(tokenizer),
        otherwise_(options.threshold),
        thresholds_(options.thresholds.begin(), options.thresholds.end()) {}

  RexLabel prepare(const SchemaNode& node) const {
    RexLabel label;
    const Text text = label_text(node.label);
    label.name = node.label;
    label.stripped = strip(text);
    for (const Token& token : tokenizer_.encode(text)) label.ids.push_back(token.id);
    label.threshold = threshold_of(label, thresholds_, otherwise_);
    label.children.reserve(node.children.size());
    for (const SchemaNode& child : node.children) label.children.push_back(prepare(child));
    std::sort(label.children.begin(), label.children.end(),
              [](const RexLabel& a, const RexLabel& b) { return a.name < b.name; });
    return label;
  }

 private:
  const Tokenizer& tokenizer_;
  double otherwise_;
  Thresholds thresholds_;
};

void collect_too_long(const RexLabel& node, std::vector<const RexLabel*>& found) {
  for (const RexLabel& child : node.children) {
    if (child.too_long()) {
      found.push_back(&child);
    } else {
      collect_too_long(child, found);
    }
  }
}

std::string shown(const std::string& label) {
  const Text text = label_text(label);
  if (text.size() <= kMaxShownLabel) return label;
  return std::string(text.slice(0, kMaxShownLabel)) + "…";
}

}  // namespace

RexLabel prepare_labels(const SchemaNode& root, const Tokenizer& tokenizer, const TaskOptions& options) {
  return Preparation(tokenizer, options).prepare(root);
}

std::vector<std::string> too_long_warnings(const RexLabel& root) {
  std::vector<const RexLabel*> found;
  collect_too_long(root, found);
  std::vector<std::string> warnings;
  for (size_t i = 0; i < std::min(found.size(), kMaxWarnings); ++i) {
    warnings.push_back("label not asked, it is too long for the model: " + shown(found[i]->name) + " (" +
                       std::to_string(found[i]->ids.size()) + " tokens, at most " + std::to_string(kMaxPartCost - 1) +
                       ")");
  }
  if (found.size() > kMaxWarnings) {
    warnings.push_back(std::to_string(found.size() - kMaxWarnings) + " more labels are too long and were not asked");
  }
  return warnings;
}

bool is_whole_path(const RexLabel& root, std::span<const std::string_view> path) {
  const RexLabel* node = &root;
  for (const std::string_view name : path) {
    const auto before = [](const RexLabel& label, std::string_view wanted) { return label.name < wanted; };
    const auto child = std::lower_bound(node->children.begin(), node->children.end(), name, before);
    if (child == node->children.end() || child->name != name) return false;
    node = &*child;
  }
  return node != &root && node->is_leaf();
}

}  // namespace uie
