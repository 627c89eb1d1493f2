// What a path (reference, CPU, …) implements behind Encoder for SiameseUIE: checked pointer queries in, scores out.
#pragma once

#include <span>
#include <vector>

#include "uie/model/encoder.h"
#include "uie/model/query.h"

namespace uie::model {

// As LinkModel.
class PointerModel {
 public:
  virtual ~PointerModel() = default;
  virtual std::vector<PointerScores> run(std::span<const PointerQuery* const> batch) = 0;
  virtual size_t weight_bytes() const = 0;  // resident
  virtual LowerHalfCounts lower_half() const = 0;
};

}  // namespace uie::model
