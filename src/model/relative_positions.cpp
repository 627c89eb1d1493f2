#include "model/relative_positions.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace uie::model {

int64_t log_bucket(int64_t delta, int64_t buckets, int64_t max_relative_positions) {
  const int64_t middle = buckets / 2;
  if (-middle < delta && delta < middle) return delta;
  const float m = static_cast<float>(middle);
  const float distance = static_cast<float>(std::abs(delta));
  const float base = std::log(static_cast<float>(max_relative_positions - 1) / m);
  const float bucket = std::ceil(std::log(distance / m) / base * (m - 1)) + m;
  // At |δ| = m the logarithm is 0 and δ itself is meant, which is the same number.
  return static_cast<int64_t>(delta < 0 ? -bucket : bucket);
}

RelativeRows::RelativeRows(const DebertaConfig& config) : span_(config.span()), reach_(config.span()) {
  const int64_t buckets = config.position_buckets, farthest = config.max_relative_positions;
  if (config.log_buckets()) {
    // The scale ends near M' - 1; one more step is always past the last row.
    while (log_bucket(reach_, buckets, farthest) < span_) reach_ *= 2;
  }
  rows_.reserve(static_cast<size_t>(2 * reach_ + 1));
  for (int64_t delta = -reach_; delta <= reach_; ++delta) {
    const int64_t place = config.log_buckets() ? log_bucket(delta, buckets, farthest) : delta;
    rows_.push_back(static_cast<int32_t>(std::clamp<int64_t>(place + span_, 0, 2 * span_ - 1)));
  }
}

}  // namespace uie::model
