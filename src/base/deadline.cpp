#include "uie/base/deadline.h"

#include <algorithm>

namespace uie {

Deadline Deadline::after(std::chrono::milliseconds from_now) {
  const auto now = Clock::now();
  const auto countable = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - now);
  if (from_now >= countable) return never();
  return at(now + std::max(from_now, std::chrono::milliseconds(0)));
}

std::chrono::milliseconds Deadline::left() const {
  using std::chrono::milliseconds;
  if (is_never()) return milliseconds::max() / 2;
  const auto left = std::chrono::duration_cast<milliseconds>(when_ - Clock::now());
  return left.count() > 0 ? left : milliseconds(0);
}

}  // namespace uie
