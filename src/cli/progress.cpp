#include "cli/progress.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace uie::cli {

Progress::Progress(std::string unit) : unit_(std::move(unit)), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::update(size_t done, double fraction) {
  const auto now = Clock::now();
  if (!terminal_ || now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double rate = static_cast<double>(done) / (seconds > 0 ? seconds : 1);
  if (fraction <= 0) {
    std::fprintf(stderr, "\r%zu %s, %.1f/s\033[K", done, unit_.c_str(), rate);
    return;
  }
  constexpr int width = 30;
  const int filled = static_cast<int>(fraction * width);
  const double left = seconds / fraction - seconds;
  std::fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %zu %s, %.1f/s, %.0f s left\033[K", filled,
               "##############################", width - filled, "", fraction * 100, done, unit_.c_str(), rate, left);
}

size_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace uie::cli
