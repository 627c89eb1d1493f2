// Reads little-endian numbers and runs of bytes from a fixed range. A read past the end makes the cursor bad and yields
// zeros or nothing from then on, so that a parser can read a whole record and ask ok() once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace uie::checkpoint {

static_assert(std::endian::native == std::endian::little, "files are read as they lie in memory");

using Bytes = std::span<const std::byte>;

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class ByteCursor {
 public:
  explicit ByteCursor(Bytes bytes, uint64_t at = 0) : bytes_(bytes) { take(at); }

  bool ok() const { return ok_; }
  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  Bytes take(uint64_t count) {
    if (!ok_ || count > left()) {
      ok_ = false;
      return {};
    }
    const Bytes taken = bytes_.subspan(at_, static_cast<size_t>(count));
    at_ += taken.size();
    return taken;
  }

  template <class Number>
  Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    const Bytes taken = take(sizeof(Number));
    if (!taken.empty()) std::memcpy(&value, taken.data(), sizeof(Number));
    return value;
  }

  // The text up to the next newline, which is eaten too.
  std::string_view line() {
    const std::string_view rest = as_text(bytes_.subspan(at_));
    const size_t length = rest.find('\n');
    if (length == std::string_view::npos) ok_ = false;
    const std::string_view found = as_text(take(uint64_t{length} + 1));
    return found.substr(0, found.empty() ? 0 : length);
  }

 private:
  Bytes bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace uie::checkpoint
