// What the published BERT tokeniser does with each Unicode code point: spec/siamese.md §2, spec/rex.md §4.
//
// The tables (charmap_tables.inc) are frozen from a sweep over that tokeniser, because its classes are those of an old
// Unicode while its decomposition and lower-casing are recent. They are ranges and a list, read once when a tokeniser
// is built; the hot path looks into the two-level table of char_actions.h that is made from them.
#pragma once

#include <cstdint>
#include <span>

namespace uie {

enum class CharClass : uint8_t {
  other,
  removed,      // control, format, private use, NUL, U+FFFD: vanishes
  mark,         // nonspacing: vanishes where accents are stripped
  space,        // ends a word
  cjk,          // a word of its own where ideographs are split
  punctuation,  // a word of its own
};

struct CharRange {
  char32_t first, last;  // inclusive
  CharClass what;
};

// `to`: canonical decomposition without nonspacing marks, lower-cased; 1 to 3 code points, then zeros.
struct CharFold {
  char32_t from;
  char32_t to[3];
};

// Ascending and disjoint; a code point in none of them is `other`.
std::span<const CharRange> char_ranges();

// Ascending. A code point in none of them folds to itself, but for the Hangul syllables.
std::span<const CharFold> char_folds();

// Hangul syllables fall apart by arithmetic (Unicode, 3.12): two or three jamo, then zeros.
constexpr char32_t kFirstHangul = 0xAC00, kLastHangul = 0xD7A3;
CharFold hangul_fold(char32_t syllable);

}  // namespace uie
