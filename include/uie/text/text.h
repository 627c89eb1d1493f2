// Unicode text whose offsets are code points of what the caller sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"

namespace uie {

// Valid UTF-8 with O(1) access by code point. Immutable; cheap to move, costs 5 to 8 bytes a code point.
class Text {
 public:
  Text() : starts_{0} {}

  // Refuses invalid UTF-8 (overlong forms, surrogates, values past U+10FFFF, cut sequences):
  // invalid_request, `where` = "byte N". NUL is an ordinary character. At most 2^31 bytes (too_large).
  static Result<Text> from_utf8(std::string bytes);

  // Number of code points.
  uint32_t size() const { return static_cast<uint32_t>(starts_.size() - 1); }
  bool empty() const { return size() == 0; }

  const std::string& bytes() const { return bytes_; }

  // The bytes of code points [begin, end). Requires begin <= end <= size().
  std::string_view slice(uint32_t begin, uint32_t end) const {
    return std::string_view(bytes_).substr(starts_[begin], starts_[end] - starts_[begin]);
  }

  // The code point at `index` < size().
  char32_t at(uint32_t index) const;

  // Byte offset of code point `index` <= size().
  uint32_t byte_offset(uint32_t index) const { return starts_[index]; }

  // UTF-16 code units before each code point: [size() + 1] values. For `options.offsets = "utf16"`.
  std::vector<uint32_t> utf16_offsets() const;

 private:
  std::string bytes_;
  std::vector<uint32_t> starts_;  // [size() + 1] byte offsets
};

// True when `bytes` is valid UTF-8; no copy. `bad_byte`, if given, receives the offset of the first bad byte.
bool is_valid_utf8(std::string_view bytes, size_t* bad_byte = nullptr);

}  // namespace uie
