#include "extract/siamese_labels.h"

#include <string_view>
#include <unordered_map>

#include "extract/siamese_prompts.h"

namespace uie {
namespace {

class Preparation {
 public:
  Preparation(const Tokenizer& tokenizer, const TaskOptions& options)
      : tokenizer_(tokenizer),
        otherwise_(options.threshold),
        thresholds_(options.thresholds.begin(), options.thresholds.end()) {}

  SiameseLabel prepare(const SchemaNode& node) const {
    SiameseLabel label;
    label.name = node.label;
    label.ids = token_ids(tokenizer_, node.label + ": ");
    const auto found = thresholds_.find(node.label);
    label.threshold = found == thresholds_.end() ? otherwise_ : found->second;
    label.children.reserve(node.children.size());
    for (const SchemaNode& child : node.children) label.children.push_back(prepare(child));
    return label;
  }

 private:
  const Tokenizer& tokenizer_;
  const double otherwise_;
  const std::unordered_map<std::string_view, double> thresholds_;
};

}  // namespace

SiameseLabel prepare_siamese_labels(const SchemaNode& root, const Tokenizer& tokenizer, const TaskOptions& options) {
  return Preparation(tokenizer, options).prepare(root);
}

}  // namespace uie
