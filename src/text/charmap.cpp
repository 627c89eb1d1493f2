#include "text/charmap.h"

namespace uie {
namespace {

using enum CharClass;
#include "text/charmap_tables.inc"

}  // namespace

std::span<const CharRange> char_ranges() { return kRanges; }

std::span<const CharFold> char_folds() { return kFolds; }

CharFold hangul_fold(char32_t syllable) {
  constexpr char32_t kLeading = 0x1100, kVowel = 0x1161, kTrailing = 0x11A7;
  constexpr char32_t kVowels = 21, kTrailings = 28;
  const char32_t index = syllable - kFirstHangul;
  const char32_t trailing = index % kTrailings;
  return {syllable,
          {kLeading + index / (kVowels * kTrailings), kVowel + index / kTrailings % kVowels,
           trailing ? kTrailing + trailing : 0}};
}

}  // namespace uie
