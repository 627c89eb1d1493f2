// The log seam: rooms log through this, and only base/log.cpp knows spdlog.
//
// User text is never logged at info or above. Thread safe.
#pragma once

#include <string>
#include <string_view>

namespace uie {

enum class LogLevel { trace, debug, info, warn, error, off };

// Sets up stderr logging. level: "trace" ... "off" (unknown: info). format: "text" or "json".
void init_log(std::string_view level, std::string_view format);

bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view message) noexcept;  // a line that cannot be written is lost

inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warn(std::string_view message) { log(LogLevel::warn, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

// Puts `request_id` on every line this thread logs while the object lives. Nests.
class LogRequest {
 public:
  explicit LogRequest(std::string_view request_id);
  ~LogRequest();
  LogRequest(const LogRequest&) = delete;
  LogRequest& operator=(const LogRequest&) = delete;

 private:
  std::string outer_;
};

}  // namespace uie
