// The rows of the relative table: spec/rex.md §7.2. Shared by every path.
//
// δ(i,j) = position[i] - position[j], from the position ids of the query, not from token indices (prefixes and types
// share positions). Row r = clamp(δ or bucket(δ) + S, 0, 2S-1).
#pragma once

#include <cstdint>
#include <vector>

#include "model/deberta_config.h"

namespace uie::model {

// bucket(δ) of the logarithmic scheme, in float32 arithmetic throughout like the reference: a double would put some
// distances into the next bucket. m = buckets / 2; |bucket| <= δ.
int64_t log_bucket(int64_t delta, int64_t buckets, int64_t max_relative_positions);

// Maps any distance to its row by a table of the distances that do not clip.
class RelativeRows {
 public:
  explicit RelativeRows(const DebertaConfig& config);

  // Row of the relative table, 0 <= row < 2S.
  int32_t row(int64_t delta) const {
    if (delta <= -reach_) return rows_.front();
    if (delta >= reach_) return rows_.back();
    return rows_[static_cast<size_t>(delta + reach_)];
  }

  // All δ >= reach share the last row, all δ <= -reach the first.
  int64_t reach() const { return reach_; }
  int64_t span() const { return span_; }

 private:
  int64_t span_, reach_;
  std::vector<int32_t> rows_;  // [2 reach + 1], row of δ = index - reach
};

}  // namespace uie::model
