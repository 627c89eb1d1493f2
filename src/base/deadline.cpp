#include "uie/base/deadline.h"

namespace uie {

std::chrono::milliseconds Deadline::left() const {
  using std::chrono::milliseconds;
  if (is_never()) return milliseconds::max() / 2;
  const auto left = std::chrono::duration_cast<milliseconds>(when_ - Clock::now());
  return left.count() > 0 ? left : milliseconds(0);
}

}  // namespace uie
