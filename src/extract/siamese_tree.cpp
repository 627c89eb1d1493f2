#include "extract/siamese_tree.h"

#include "extract/say_cut.h"

namespace uie {
namespace {

// Of the spans of one answer, repeated prefixes included. Spans have no greatest length: a hundred thousand heads with
// one tail at the end of a long text would be an answer of gigabytes.
constexpr size_t kMaxSpanBytes = size_t{64} << 20;

Item make_item(const SiameseLabel& label, const SiameseSpan& span, const Text& text) {
  const std::string_view words = span.begin < span.end ? text.slice(span.begin, span.end) : std::string_view();
  return {label.name, std::string(words), span.begin, span.end, span.confidence};
}

}  // namespace

class SiameseTree::Writer {
 public:
  Writer(const std::vector<Node>& nodes, const Text& text, bool all_prefixes, size_t max_chains, Extracted& answer)
      : nodes_(nodes), text_(text), all_prefixes_(all_prefixes), max_chains_(max_chains), answer_(answer) {}

  // The paths below `parent`; `chain_` ends with it.
  void write_below(const Node& parent) {
    for (uint32_t i = 0; i < parent.children && !full_; ++i) {
      const Node& node = nodes_[parent.first_child + i];
      chain_.push_back(make_item(*node.label, node.span, text_));
      if (node.label->is_leaf() || all_prefixes_) write_chain();
      write_below(node);
      chain_.pop_back();
    }
  }

 private:
  void write_chain() {
    for (const Item& item : chain_) span_bytes_ += item.span.size();
    full_ = answer_.chains.size() >= max_chains_ || span_bytes_ > kMaxSpanBytes;
    if (!full_) return answer_.chains.push_back(chain_);
    say_cut(answer_, answer_.chains.size() >= max_chains_
                         ? "more than " + std::to_string(max_chains_) + " results; the rest was dropped"
                         : "the spans of the results are too long in all; the rest was dropped");
  }

  const std::vector<Node>& nodes_;
  const Text& text_;
  const bool all_prefixes_;
  const size_t max_chains_;
  Extracted& answer_;
  Chain chain_;
  size_t span_bytes_ = 0;
  bool full_ = false;
};

uint32_t SiameseTree::add(uint32_t parent, const SiameseLabel& label, const SiameseSpan& span) {
  const auto number = static_cast<uint32_t>(nodes_.size());
  if (nodes_[parent].children++ == 0) nodes_[parent].first_child = number;
  nodes_.push_back({&label, span, 0, 0});
  return number;
}

void SiameseTree::write(const Text& text, bool all_prefixes, size_t max_chains, Extracted& answer) const {
  Writer(nodes_, text, all_prefixes, max_chains, answer).write_below(nodes_[kRoot]);
}

}  // namespace uie
