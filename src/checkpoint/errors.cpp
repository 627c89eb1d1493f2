#include "checkpoint/errors.h"

#include <array>

namespace uie::checkpoint {
namespace {

constexpr size_t kLongestPrinted = 120;

// Length of the UTF-8 sequence at the start of `bytes`; 0 when it is not well formed (overlong, surrogate, > U+10FFFF).
size_t sequence_length(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return at(1) >= low && at(1) <= high ? length : 0;
}

void append_escaped(std::string& out, char raw) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(raw);
  out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    if (out.size() >= kLongestPrinted) return out + "…";
    const size_t length = sequence_length(raw);
    const bool control = static_cast<unsigned char>(raw[0]) < 0x20 || raw[0] == 0x7F;
    if (length == 0 || control) {
      append_escaped(out, raw[0]);
      raw.remove_prefix(1);
    } else {
      out += raw.substr(0, length);
      raw.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace uie::checkpoint
