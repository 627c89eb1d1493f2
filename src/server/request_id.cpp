#include "server/request_id.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace uie {
namespace {

constexpr size_t max_request_id = 128;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

std::mt19937_64 seeded_generator() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

// Names, not secrets: a fast generator is enough.
std::string random_hex(size_t digits) {
  thread_local std::mt19937_64 generator = seeded_generator();
  std::string hex;
  for (uint64_t bits = 0; hex.size() < digits; bits >>= 4) {
    if (hex.size() % 16 == 0) bits = generator();
    hex += "0123456789abcdef"[bits & 15];
  }
  return hex;
}

}  // namespace

bool is_request_id(std::string_view value) {
  const auto allowed = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  return !value.empty() && value.size() <= max_request_id && std::all_of(value.begin(), value.end(), allowed);
}

bool is_traceparent(std::string_view value) {
  if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
  const auto version = value.substr(0, 2), trace = value.substr(3, 32), parent = value.substr(36, 16);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) || !is_lower_hex(value.substr(53, 2)))
    return false;
  // Later versions may append fields after a dash; version 00 may not, ff is forbidden.
  if (version == "ff" || (version == "00" && value.size() != 55) || (value.size() > 55 && value[55] != '-'))
    return false;
  return !all_zero(trace) && !all_zero(parent);
}

RequestIds take_ids(const std::string* request_id, const std::string* traceparent) {
  RequestIds ids;
  ids.traceparent = traceparent && is_traceparent(*traceparent) ? *traceparent
                                                                : "00-" + random_hex(32) + "-" + random_hex(16) + "-00";
  ids.request_id = request_id && is_request_id(*request_id) ? *request_id : std::string(ids.trace_id());
  return ids;
}

}  // namespace uie
