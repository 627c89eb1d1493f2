// The state machine of RexUniNLU: levels, their queries, flow control, and the finished answer.
//
// A level is planned as a whole (hints × windows), its queries are handed out in portions, and when the last result is
// in, the mode turns the level's hits into tuples and the prefixes of the next level. Levels end when no prefix is
// left.
#pragma once

#include <memory>
#include <vector>

#include "extract/rex_mode.h"
#include "extract/rex_request.h"
#include "uie/extract/extraction.h"

namespace uie {

class RexExtraction final : public Extraction {
 public:
  explicit RexExtraction(RexRequest request);

  std::vector<Query> next() override;
  Result<void> feed(size_t query, QueryResult result) override;
  bool done() const override { return done_; }
  Extracted result() override;

  // Encoder runs that the reference would make for the same answer: also those whose answer was known here.
  uint32_t reference_runs() const { return reference_runs_; }

 private:
  void start_level(std::vector<Prefix> prefixes);
  void plan_level(std::vector<Prefix> prefixes);
  void finish_levels();
  void finish();

  const std::unique_ptr<const RexRequest> request_;  // at a fixed address: modes and labels point into it
  std::unique_ptr<RexMode> mode_;
  Extracted answer_;
  bool done_ = false;
  uint32_t reference_runs_ = 0;

  // Of the open level.
  Level level_;
  std::vector<uint32_t> to_ask_;  // runs that need a query, in order
  size_t first_query_ = 0;        // number of the query of to_ask_[0]
  size_t handed_out_ = 0;         // of to_ask_
  std::vector<bool> is_fed_;      // of to_ask_
  size_t fed_ = 0;
};

}  // namespace uie
