#include "uie/base/log.h"

#include <atomic>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace uie {
namespace {

thread_local std::string current_request;

std::atomic<bool> json_lines = false;

spdlog::level::level_enum to_spdlog(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }

// Length of the well-formed UTF-8 sequence at the start of `rest`, 0 when there is none.
size_t utf8_length(std::string_view rest) {
  const auto byte = [&](size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// The inside of a JSON string: valid whatever bytes come in. Request ids come from outside, so plain lines use it too:
// nobody forges a line by sending a line break.
std::string escape(std::string_view text, bool quotes) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text.substr(i));
    const auto c = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      if (quotes && (c == '"' || c == '\\')) out += '\\';
      out += text.substr(i, length);
    }
    i += length > 0 ? length : 1;
  }
  return out;
}

}  // namespace

void init_log(std::string_view level, std::string_view format) {
  json_lines = format == "json";
  auto logger = std::make_shared<spdlog::logger>("uie", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(json_lines ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","thread":%t,%v})"
                                 : "%Y-%m-%d %H:%M:%S.%e %^%-5l%$ [%t] %v");
  auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") parsed = spdlog::level::info;
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

bool log_enabled(LogLevel level) { return spdlog::should_log(to_spdlog(level)); }

void log(LogLevel level, std::string_view message) noexcept try {
  if (!log_enabled(level)) return;
  const bool json = json_lines;
  const std::string request = escape(current_request, json), text = escape(message, json);
  if (json) {
    const std::string field = request.empty() ? "" : fmt::format("\"request_id\":\"{}\",", request);
    spdlog::log(to_spdlog(level), "{}\"message\":\"{}\"", field, text);
  } else if (request.empty()) {
    spdlog::log(to_spdlog(level), "{}", text);
  } else {
    spdlog::log(to_spdlog(level), "{} request={}", text, request);
  }
} catch (...) {
}

LogRequest::LogRequest(std::string_view request_id) : outer_(std::exchange(current_request, std::string(request_id))) {}
LogRequest::~LogRequest() { current_request = std::move(outer_); }

}  // namespace uie
