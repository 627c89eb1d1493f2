#include "extract/rex_hints.h"

namespace uie {
namespace {

constexpr size_t kMaxHintTokens = 256;  // [CLS] and [SEP] included (spec/rex.md §3)

// Tokenising the parts of a hint one by one gives the ids of the whole: [PREFIX] and [TYPE] are cut out of the raw
// string first, no literal special token can straddle one of them (each has its only `[` in front and its only `]`
// behind), and the stretches between them are tokenised on their own (spec/rex.md §4).
std::vector<int32_t> ids_of(const std::string& part, const Tokenizer& tokenizer) {
  std::vector<int32_t> ids;
  if (part.empty()) return ids;
  for (const Token& token : tokenizer.encode(Text::from_utf8(part).value_or(Text()))) ids.push_back(token.id);
  return ids;
}

class HintPacker {
 public:
  HintPacker(const Tokenizer& tokenizer, size_t max_hints)
      : tokenizer_(tokenizer), special_(tokenizer.special()), max_hints_(max_hints) {
    open();
  }

  void add(const Prefix& prefix, uint32_t number) {
    const std::vector<int32_t> prefix_ids = ids_of(prefix_string(prefix.items), tokenizer_);
    const size_t prefix_cost = prefix_ids.size() + 1;
    if (prefix_cost > kMaxPartCost) {
      ++packed_.prefixes_too_long;
      return;
    }
    bool is_written = false;  // the prefix stands in the current hint
    for (const RexLabel& label : prefix.label().children) {
      if (label.too_long()) continue;
      const size_t cost = label.ids.size() + 1 + (is_written ? 0 : prefix_cost);
      if (tokens() + cost > kMaxHintTokens) {
        close();
        is_written = false;
      }
      if (full()) return;
      if (!is_written) write(special_.prefix, prefix_ids, true);
      is_written = true;
      current_.types.push_back({number, &label, current_.size()});
      write(special_.type, label.ids, false);
    }
  }

  // True when no further hint may be opened; what is left is cut.
  bool full() {
    packed_.cut = packed_.cut || packed_.hints.size() >= max_hints_;
    return packed_.cut;
  }

  PackedHints take() {
    close();
    return std::move(packed_);
  }

 private:
  // Tokens of the current hint, the [SEP] to come included.
  size_t tokens() const { return current_.ids.size() + 1; }

  void open() {
    current_ = Hint();
    current_.ids.push_back(special_.cls);
  }

  void close() {
    if (current_.types.empty()) return;
    current_.ids.push_back(special_.sep);
    packed_.hints.push_back(std::move(current_));
    open();
  }

  void write(int32_t mark, const std::vector<int32_t>& ids, bool is_prefix) {
    current_.segments.push_back({current_.size(), is_prefix});
    current_.ids.push_back(mark);
    current_.ids.insert(current_.ids.end(), ids.begin(), ids.end());
  }

  const Tokenizer& tokenizer_;
  const SpecialTokens special_;
  const size_t max_hints_;
  PackedHints packed_;
  Hint current_;
};

}  // namespace

// The labels are the stripped ones; the reference may write them with their spaces, which gives the same tokens.
std::string prefix_string(const Chain& items) {
  std::string text;
  for (const Item& item : items) {
    if (!text.empty()) text += ',';
    text += item.type;
    text += ": ";
    text += item.span;
  }
  return text;
}

PackedHints pack_hints(const std::vector<Prefix>& prefixes, const Tokenizer& tokenizer, size_t max_hints) {
  HintPacker packer(tokenizer, max_hints);
  for (uint32_t i = 0; i < prefixes.size() && !packer.full(); ++i) packer.add(prefixes[i], i);
  return packer.take();
}

}  // namespace uie
