// A progress line on stderr, only when that is a terminal. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace uie::cli {

class Progress {
 public:
  explicit Progress(std::string unit);
  ~Progress();  // clears the line

  // done: items finished; fraction: 0…1, 0 when the total is not known.
  void update(size_t done, double fraction);

 private:
  using Clock = std::chrono::steady_clock;

  const std::string unit_;
  const bool terminal_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point shown_{};
};

// Peak resident memory of this process in bytes.
size_t peak_memory_bytes();

}  // namespace uie::cli
