// What a path (reference, CPU, …) implements behind Encoder: checked link queries in, hits out.
#pragma once

#include <span>
#include <vector>

#include "uie/model/query.h"

namespace uie::model {

// Used by one thread at a time. Queries come checked (see query_check.h). Results in the order of the batch; none
// depends on its neighbours. May throw: the encoder above catches.
class LinkModel {
 public:
  virtual ~LinkModel() = default;
  virtual std::vector<LinkHits> run(std::span<const LinkQuery* const> batch) = 0;
  virtual size_t weight_bytes() const = 0;  // resident
};

}  // namespace uie::model
