// The state machine of SiameseUIE: levels, their prompts and queries, and the finished answer.
//
// The reference searches depth first, one path at a time. What it asks below one path does not depend on what it finds
// below another, so here all paths of a level are asked at once, and the order of depth-first search is only how the
// answer is written. Equal prompts have equal answers and are asked once. Source: spec/siamese.md §6.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "extract/siamese_prompts.h"
#include "extract/siamese_request.h"
#include "extract/siamese_tree.h"
#include "uie/extract/extraction.h"

namespace uie {

class SiameseExtraction final : public Extraction {
 public:
  explicit SiameseExtraction(SiameseRequest request);

  std::vector<Query> next() override;
  Result<void> feed(size_t query, QueryResult result) override;
  bool done() const override { return done_; }
  Extracted result() override;

  // Prompts that the reference would ask for the same answer: equal ones each time.
  size_t reference_prompts() const { return reference_prompts_; }

 private:
  // A path whose next labels are asked.
  struct Branch {
    uint32_t item;              // the path's last one, in the tree
    const SiameseLabel* label;  // its label
    std::vector<int32_t> ids;   // the path as prompts write it
  };
  // One label below one branch.
  struct Ask {
    uint32_t branch;
    const SiameseLabel* label;
    uint32_t prompt;
  };
  struct Prompt {
    const std::vector<int32_t>* ids;
    std::vector<PointerScores> scores;  // by window, until all are there
    size_t windows_fed = 0;
    std::vector<SiameseSpan> spans;  // then
  };
  // One query.
  struct Run {
    uint32_t prompt, window;
    bool is_fed = false;
  };

  void run_levels(std::vector<Branch> branches);
  void plan_level(std::vector<Branch> branches);
  void plan_runs(uint32_t first_prompt);
  uint32_t prompt_number(const Branch& branch, const SiameseLabel& label);
  void read(Prompt& prompt);
  std::vector<Branch> finish_level();
  void finish();

  const std::unique_ptr<const SiameseRequest> request_;  // at a fixed address: labels point into it
  const PromptWriter writer_;
  Extracted answer_;
  bool done_ = false;
  SiameseTree tree_;
  std::vector<Prompt> prompts_;
  std::map<std::vector<int32_t>, uint32_t> prompt_numbers_;  // by ids
  size_t spans_held_ = 0;                                    // of all prompts
  size_t reference_prompts_ = 0;
  size_t prompts_cut_ = 0;

  // Of the open level.
  std::vector<Branch> branches_;
  std::vector<Ask> asks_;  // by branch, then label
  std::vector<Run> runs_;
  size_t first_query_ = 0;  // number of the query of runs_[0]
  size_t handed_out_ = 0, fed_ = 0;
};

}  // namespace uie
