// What the WordPiece tokeniser does at each code point, decided once for a vocabulary: class, folding and, for a
// character that is always a word of its own, its id. One look into a two-level table per character of a text.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace uie {

struct CharOptions {
  bool lower_case = true;  // decompose, drop nonspacing marks and lower-case
  bool split_cjk = true;   // an ideograph is a word of its own
};

enum class CharKind : uint8_t {
  word,     // part of a word. value: the code point it folds to; 0: itself
  skip,     // vanishes
  space,    // ends a word
  single,   // a word of its own. value: its id
  bracket,  // '[': a special token may begin here; else `single`
  several,  // folds to two or three characters, each part of a word. value: index for several()
  hangul,   // falls apart into jamo
};

// 8 bits of kind, 24 of value: half the size of a struct, and the table is the tokeniser's working set.
class CharAction {
 public:
  CharAction() = default;
  CharAction(CharKind kind, uint32_t value) : bits_(static_cast<uint32_t>(kind) << 24 | value) {}
  CharKind kind() const { return static_cast<CharKind>(bits_ >> 24); }
  uint32_t value() const { return bits_ & 0xFFFFFF; }
  friend bool operator==(CharAction, CharAction) = default;

 private:
  uint32_t bits_ = 0;  // word, itself
};

// Immutable and thread safe.
class CharActions {
 public:
  // id_of(code point): the vocabulary's id of a word of that one (folded) character, [UNK]'s if it has none.
  CharActions(const CharOptions& options, const std::function<int32_t(char32_t)>& id_of);

  CharAction at(char32_t c) const { return pages_[page_of_[c >> 8]][c & 0xFF]; }

  // The folded characters of a `several` action, ended by zeros.
  const char32_t* several(uint32_t index) const { return several_[index].text; }

 private:
  struct Page {
    CharAction actions[256];
    CharAction& operator[](size_t i) { return actions[i]; }
    const CharAction& operator[](size_t i) const { return actions[i]; }
    friend bool operator==(const Page&, const Page&) = default;
  };
  struct Folded {
    char32_t text[4];
  };
  class Builder;

  std::vector<uint16_t> page_of_;  // [0x1100] by the high bits of a code point
  std::vector<Page> pages_;        // equal pages are stored once
  std::vector<Folded> several_;
};

}  // namespace uie
