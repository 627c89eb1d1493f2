// An extraction as a state machine: no I/O, no clock, no threads, no tensors.
//
// It says which encoder queries it needs, is fed their results, and says more or is done. Levels and recursion live in
// here; batching never knows of them. Source: spec/rex.md §5 to §12.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "uie/base/result.h"
#include "uie/model/query.h"
#include "uie/schema/extracted.h"

namespace uie {

// Owned and stepped by one thread at a time.
class Extraction {
 public:
  virtual ~Extraction() = default;

  // The queries that can run now; empty when waiting for results or done. Ask again after each feed: a long text hands
  // its queries out in portions. Queries are numbered 0, 1, 2, … in the order in which next() hands them out over the
  // extraction's life.
  virtual std::vector<Query> next() = 0;

  // The result of query number `query`; in any order, each once. Errors: internal when the number or kind is wrong.
  virtual Result<void> feed(size_t query, QueryResult result) = 0;

  virtual bool done() const = 0;

  // The answer, once; requires done(). Timing is left for the engine to fill.
  virtual Extracted result() = 0;
};

}  // namespace uie
