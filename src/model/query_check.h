// Refuses queries that a model could not run without reading out of bounds.
#pragma once

#include <cstdint>
#include <string>

#include "uie/base/result.h"
#include "uie/model/query.h"

namespace uie::model {

struct QueryLimits {
  int64_t vocabulary = 0;  // ids below
  int64_t positions = 0;   // position ids below
  int64_t segments = 0;    // segment ids below; 0: segments are not read (link queries)
  int64_t length = 0;      // tokens at most (link queries; a pointer query is bounded by its positions)
};

// Nothing when the query is fine, else one sentence saying what is wrong. No user text: tokens appear as numbers only.
std::string find_fault(const LinkQuery& query, const QueryLimits& limits);
std::string find_fault(const PointerQuery& query, const QueryLimits& limits);

}  // namespace uie::model
