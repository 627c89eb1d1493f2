#include "uie/text/text.h"

#include <bit>
#include <cstring>

#include "text/utf8.h"

namespace uie {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 31;

// Length in bytes of the well-formed sequence at `at` (Unicode 15, table 3-7), 0 when there is none.
inline uint32_t sequence_length(const char* at, const char* end) {
  const uint32_t lead = utf8::byte_of(*at);
  if (lead < 0x80) return 1;
  const ptrdiff_t left = end - at;
  auto tail = [at](int i) { return utf8::is_continuation(at[i]); };
  if (lead < 0xE0) return lead >= 0xC2 && left >= 2 && tail(1) ? 2 : 0;
  const uint32_t second = left >= 2 ? utf8::byte_of(at[1]) : 0;
  if (lead < 0xF0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead > 0xF4 || left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
  const bool overlong = lead == 0xF0 && second < 0x90;
  const bool too_high = lead == 0xF4 && second >= 0x90;
  return overlong || too_high ? 0 : 4;
}

inline bool eight_ascii(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

// Most Chinese characters: three bytes judged as one word. False when it is anything else, or too near the end to read.
inline bool common_three(const char* at, const char* end) {
  if (std::endian::native != std::endian::little || end - at < 4) return false;
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  const uint32_t top = word & 0x200F;  // of its 16 bits the first 5: none set is overlong, 11011 is a surrogate
  return (word & 0xC0C0F0) == 0x8080E0 && top != 0 && top != 0x200D;
}

// Calls start(byte offset) for each code point; returns the offset of the first ill-formed sequence, or the size.
template <class Start>
size_t scan(std::string_view bytes, Start start) {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* at = begin;
  while (at < end) {
    if (common_three(at, end)) {
      start(static_cast<uint32_t>(at - begin));
      at += 3;
      continue;
    }
    if (end - at >= 8 && eight_ascii(at)) {
      for (int i = 0; i < 8; ++i) start(static_cast<uint32_t>(at - begin + i));
      at += 8;
      continue;
    }
    const uint32_t length = sequence_length(at, end);
    if (length == 0) break;
    start(static_cast<uint32_t>(at - begin));
    at += length;
  }
  return static_cast<size_t>(at - begin);
}

size_t count_continuations(uint64_t eight_bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  return ((eight_bytes >> 7 & ~(eight_bytes >> 6) & kOnes) * kOnes) >> 56;
}

size_t count_code_points(std::string_view bytes) {
  size_t count = bytes.size(), i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    count -= count_continuations(word);
  }
  for (; i < bytes.size(); ++i) count -= utf8::is_continuation(bytes[i]);
  return count;
}

}  // namespace

Result<Text> Text::from_utf8(std::string bytes) {
  if (bytes.size() > kMaxBytes) return fail(ErrorCode::too_large, "a text may have at most 2147483648 bytes");
  Text text;
  text.starts_.resize(count_code_points(bytes) + 1);
  uint32_t* out = text.starts_.data();
  const size_t good = scan(bytes, [&out](uint32_t offset) { *out++ = offset; });
  if (good != bytes.size()) {
    return fail(ErrorCode::invalid_request, "the text is not valid UTF-8: send the text encoded as UTF-8",
                "byte " + std::to_string(good));
  }
  *out = static_cast<uint32_t>(bytes.size());
  text.bytes_ = std::move(bytes);
  return text;
}

char32_t Text::at(uint32_t index) const {
  const char* at = bytes_.data() + starts_[index];
  return utf8::next(at);
}

std::vector<uint32_t> Text::utf16_offsets() const {
  std::vector<uint32_t> offsets(starts_.size());
  for (uint32_t i = 0; i < size(); ++i) {
    const bool astral = starts_[i + 1] - starts_[i] == 4;
    offsets[i + 1] = offsets[i] + (astral ? 2 : 1);
  }
  return offsets;
}

bool is_valid_utf8(std::string_view bytes, size_t* bad_byte) {
  const size_t good = scan(bytes, [](uint32_t) {});
  if (good == bytes.size()) return true;
  if (bad_byte) *bad_byte = good;
  return false;
}

}  // namespace uie
