#include "uie/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace uie {
namespace {

thread_local std::string current_request;

spdlog::level::level_enum to_spdlog(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }

std::string json_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

bool json_lines = false;  // set once by init_log, before threads start

}  // namespace

void init_log(std::string_view level, std::string_view format) {
  json_lines = format == "json";
  auto logger = spdlog::stderr_color_mt("uie");
  logger->set_pattern(json_lines ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","thread":%t,%v})"
                                 : "%Y-%m-%d %H:%M:%S.%e %^%-5l%$ [%t] %v");
  auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") parsed = spdlog::level::info;
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

bool log_enabled(LogLevel level) { return spdlog::should_log(to_spdlog(level)); }

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  if (json_lines) {
    const std::string request =
        current_request.empty() ? "" : fmt::format("\"request_id\":\"{}\",", json_escape(current_request));
    spdlog::log(to_spdlog(level), "{}\"message\":\"{}\"", request, json_escape(message));
  } else if (current_request.empty()) {
    spdlog::log(to_spdlog(level), "{}", message);
  } else {
    spdlog::log(to_spdlog(level), "{} request={}", message, current_request);
  }
}

LogRequest::LogRequest(std::string_view request_id) : outer_(std::move(current_request)) {
  current_request = request_id;
}
LogRequest::~LogRequest() { current_request = std::move(outer_); }

}  // namespace uie
