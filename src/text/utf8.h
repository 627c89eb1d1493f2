// Reading and writing single code points of UTF-8 that is already known to be valid.
#pragma once

#include <cstdint>

namespace uie::utf8 {

inline uint32_t byte_of(char c) { return static_cast<unsigned char>(c); }

inline bool is_continuation(char c) { return (byte_of(c) & 0xC0) == 0x80; }

// The code point that starts at *at, which moves behind it. Valid UTF-8 only.
inline char32_t next(const char*& at) {
  const uint32_t lead = byte_of(*at++);
  if (lead < 0x80) return lead;
  auto tail = [&at] { return byte_of(*at++) & 0x3F; };
  if (lead < 0xE0) return (lead & 0x1F) << 6 | tail();
  if (lead < 0xF0) {
    const uint32_t high = tail() << 6;
    return (lead & 0x0F) << 12 | high | tail();
  }
  const uint32_t high = tail() << 12;
  const uint32_t middle = tail() << 6;
  return (lead & 0x07) << 18 | high | middle | tail();
}

// Writes `c` at `to` (room for 4 bytes) and returns its length. `c` is a Unicode scalar value.
inline uint32_t put(char32_t c, char* to) {
  auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    to[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    to[0] = static_cast<char>(0xC0 | (c >> 6));
    to[1] = tail(0);
    return 2;
  }
  if (c < 0x10000) {
    to[0] = static_cast<char>(0xE0 | (c >> 12));
    to[1] = tail(6);
    to[2] = tail(0);
    return 3;
  }
  to[0] = static_cast<char>(0xF0 | (c >> 18));
  to[1] = tail(12);
  to[2] = tail(6);
  to[3] = tail(0);
  return 4;
}

}  // namespace uie::utf8
