#include "text/char_actions.h"

#include <algorithm>
#include <unordered_map>

#include "text/charmap.h"

namespace uie {
namespace {

constexpr char32_t kCodePoints = 0x110000, kPageSize = 0x100;

}  // namespace

// Fills a flat table of every code point, then folds it into pages.
class CharActions::Builder {
 public:
  Builder(const CharOptions& options, const std::function<int32_t(char32_t)>& id_of)
      : options_(options), id_of_(id_of), classes_(kCodePoints, CharClass::other), flat_(kCodePoints) {}

  void build(CharActions& actions) {
    for (const CharRange& range : char_ranges()) {
      std::fill(&classes_[range.first], &classes_[range.last] + 1, range.what);
    }
    apply_classes();
    if (options_.lower_case) apply_folds(actions.several_);
    flat_[U'['] = CharAction(CharKind::bracket, flat_[U'['].value());
    fold_into_pages(actions);
  }

 private:
  // The action of a character that stays `c`. Punctuation is judged after folding (U+2260 folds to '='), ideographs
  // before; the two classes are disjoint and no fold leads into the ideographs, so one function serves both.
  CharAction action_of(char32_t c, CharClass what) const {
    switch (what) {
      case CharClass::removed:
        return {CharKind::skip, 0};
      case CharClass::mark:
        return options_.lower_case ? CharAction(CharKind::skip, 0) : CharAction();
      case CharClass::space:
        return {CharKind::space, 0};
      case CharClass::cjk:
        return options_.split_cjk ? single(c) : CharAction();
      case CharClass::punctuation:
        return single(c);
      case CharClass::other:
        break;
    }
    return {};
  }

  CharAction single(char32_t c) const { return {CharKind::single, static_cast<uint32_t>(id_of_(c))}; }

  void apply_classes() {
    for (const CharRange& range : char_ranges()) {
      for (char32_t c = range.first; c <= range.last; ++c) flat_[c] = action_of(c, range.what);
    }
  }

  void apply_folds(std::vector<Folded>& several) {
    for (const CharFold& fold : char_folds()) flat_[fold.from] = folded_action(fold, several);
    std::fill(&flat_[kFirstHangul], &flat_[kLastHangul] + 1, CharAction(CharKind::hangul, 0));
  }

  CharAction folded_action(const CharFold& fold, std::vector<Folded>& several) const {
    const char32_t to = fold.to[0];
    if (fold.to[1] != 0) {
      several.push_back({{fold.to[0], fold.to[1], fold.to[2], 0}});
      return {CharKind::several, static_cast<uint32_t>(several.size() - 1)};
    }
    const bool alone =
        classes_[to] == CharClass::punctuation || (classes_[fold.from] == CharClass::cjk && options_.split_cjk);
    return alone ? single(to) : CharAction(CharKind::word, to);
  }

  void fold_into_pages(CharActions& actions) const {
    for (char32_t first = 0; first < kCodePoints; first += kPageSize) {
      Page page;
      std::copy_n(&flat_[first], kPageSize, page.actions);
      auto same = std::ranges::find(actions.pages_, page);
      if (same == actions.pages_.end()) same = actions.pages_.insert(same, page);
      actions.page_of_.push_back(static_cast<uint16_t>(same - actions.pages_.begin()));
    }
  }

  const CharOptions& options_;
  const std::function<int32_t(char32_t)>& id_of_;
  std::vector<CharClass> classes_;
  std::vector<CharAction> flat_;
};

CharActions::CharActions(const CharOptions& options, const std::function<int32_t(char32_t)>& id_of) {
  Builder(options, id_of).build(*this);
}

}  // namespace uie
