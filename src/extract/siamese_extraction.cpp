#include "extract/siamese_extraction.h"

#include <algorithm>

#include "extract/flow.h"
#include "extract/say_cut.h"

namespace uie {
namespace {

// Prompts that read one window after another side by side. The encoder keeps the lower half of a few windows only: on a
// text of thousands of them each prompt alone would compute them all again. More would hold more logits.
constexpr size_t kPromptsAbreast = 8;

// Spans of all prompts of one text. A trained model gives tens; this bounds the memory that a bad one can take.
constexpr size_t kMaxSpans = 1'000'000;

}  // namespace

SiameseExtraction::SiameseExtraction(SiameseRequest request)
    : request_(std::make_unique<const SiameseRequest>(std::move(request))), writer_(*request_->tokenizer) {
  const SiameseText& text = request_->text;
  answer_.usage.characters = request_->task.text.size();
  if (text.windows.size() < text.wanted_windows) {
    say_cut(answer_, "only the first " + std::to_string(text.windows.size()) + " of " +
                         std::to_string(text.wanted_windows) + " windows of the text were read");
  }
  std::vector<Branch> branches;
  if (!text.windows.empty()) branches.push_back({SiameseTree::kRoot, &request_->root, {}});
  run_levels(std::move(branches));
}

std::vector<Query> SiameseExtraction::next() {
  std::vector<Query> queries;
  if (done_) return queries;
  const size_t end = handed_out_ + next_portion(runs_.size() - handed_out_, handed_out_ - fed_);
  queries.reserve(end - handed_out_);
  for (; handed_out_ < end; ++handed_out_) {
    const Run& run = runs_[handed_out_];
    PointerQuery query = make_query(request_->text, run.window, *prompts_[run.prompt].ids);
    answer_.usage.tokens += static_cast<uint32_t>(query.text_ids.size() + query.hint_ids.size());
    ++answer_.usage.queries;
    queries.emplace_back(std::move(query));
  }
  return queries;
}

Result<void> SiameseExtraction::feed(size_t query, QueryResult result) {
  const size_t asked = query - first_query_;
  if (query < first_query_ || asked >= handed_out_ || runs_[asked].is_fed) {
    return fail(ErrorCode::internal, "a result for a query that is not out");
  }
  auto* const scores = std::get_if<PointerScores>(&result);
  if (scores == nullptr) return fail(ErrorCode::internal, "a result of the wrong kind");
  Run& run = runs_[asked];
  const TokenRange window = request_->text.windows[run.window];
  const size_t length = window.end - window.begin;
  if (scores->head.size() != length || scores->tail.size() != length) {
    return fail(ErrorCode::internal, "a result with a wrong number of scores");
  }
  Prompt& prompt = prompts_[run.prompt];
  prompt.scores.resize(request_->text.windows.size());
  prompt.scores[run.window] = std::move(*scores);
  run.is_fed = true;
  if (++prompt.windows_fed == prompt.scores.size()) read(prompt);
  if (++fed_ == runs_.size()) run_levels(finish_level());
  return {};
}

Extracted SiameseExtraction::result() { return std::move(answer_); }

// A level whose answers are all known is followed by the next without a query.
void SiameseExtraction::run_levels(std::vector<Branch> branches) {
  while (!branches.empty()) {
    plan_level(std::move(branches));
    if (!runs_.empty()) return;
    branches = finish_level();
  }
  finish();
}

void SiameseExtraction::plan_level(std::vector<Branch> branches) {
  const size_t windows = request_->text.windows.size();
  const size_t max_prompts = request_->caps.max_queries / windows;
  const auto known_prompts = static_cast<uint32_t>(prompts_.size());
  branches_ = std::move(branches);
  asks_.clear();
  for (uint32_t b = 0; b < branches_.size(); ++b) {
    for (const SiameseLabel& label : branches_[b].label->children) {
      if (reference_prompts_ == max_prompts) {
        say_cut(answer_, "more than " + std::to_string(request_->caps.max_queries) +
                             " encoder queries were needed; the rest was not asked");
        return plan_runs(known_prompts);
      }
      ++reference_prompts_;
      asks_.push_back({b, &label, prompt_number(branches_[b], label)});
    }
  }
  plan_runs(known_prompts);
}

// The queries of all prompts from `first_prompt` on.
void SiameseExtraction::plan_runs(uint32_t first_prompt) {
  const auto windows = static_cast<uint32_t>(request_->text.windows.size());
  const auto abreast = static_cast<uint32_t>(std::max(kPromptsAbreast, kMaxInFlight / windows));
  const auto prompts = static_cast<uint32_t>(prompts_.size());
  first_query_ += runs_.size();
  handed_out_ = fed_ = 0;
  runs_.clear();
  for (uint32_t begin = first_prompt; begin < prompts; begin += abreast) {
    for (uint32_t window = 0; window < windows; ++window) {
      for (uint32_t p = begin; p < std::min(begin + abreast, prompts); ++p) runs_.push_back({p, window});
    }
  }
  if (!runs_.empty()) answer_.usage.windows = windows;
}

uint32_t SiameseExtraction::prompt_number(const Branch& branch, const SiameseLabel& label) {
  const auto next = static_cast<uint32_t>(prompts_.size());
  const auto [known, is_new] = prompt_numbers_.try_emplace(writer_.prompt(branch.ids, label.ids), next);
  if (!is_new) return known->second;
  prompts_.push_back({&known->first, {}, 0, {}});
  if (PromptWriter::is_cut(branch.ids, label.ids)) ++prompts_cut_;
  return next;
}

// All windows of the prompt are there.
void SiameseExtraction::read(Prompt& prompt) {
  prompt.spans = find_spans(request_->text, prompt.scores);
  prompt.scores = {};
  if (prompt.spans.size() > kMaxSpans - spans_held_) {
    prompt.spans.resize(kMaxSpans - spans_held_);
    say_cut(answer_, "far too many items in one text; the rest was dropped");
  }
  spans_held_ += prompt.spans.size();
}

// Adds the level's items to the tree. Returns the branches of the next level.
std::vector<SiameseExtraction::Branch> SiameseExtraction::finish_level() {
  const ExtractOptions& caps = request_->caps;
  std::vector<Branch> next;
  size_t ends = 0;  // items that end a path of the answer; those past max_results can no longer be among the first
  for (const Ask& ask : asks_) {
    const Branch& branch = branches_[ask.branch];
    const bool is_end = ask.label->is_leaf() || request_->task.options.output_all_prefix;
    for (const SiameseSpan& span : prompts_[ask.prompt].spans) {
      if (span.confidence < ask.label->threshold) continue;
      const bool is_expanded = !ask.label->is_leaf() && next.size() < caps.max_prefixes;
      if (!ask.label->is_leaf() && !is_expanded) {
        say_cut(answer_, "more than " + std::to_string(caps.max_prefixes) +
                             " items on one level would be expanded; the rest was not");
      }
      // One more than fits, so that whoever writes the answer sees that something was cut.
      if (is_end && ends++ > caps.max_results) break;
      if (!is_end && !is_expanded) break;
      const uint32_t item = tree_.add(branch.item, *ask.label, span);
      if (!is_expanded) continue;
      next.push_back(
          {item, ask.label, writer_.extend(branch.ids, ask.label->ids, request_->task.text, span.begin, span.end)});
    }
  }
  return next;
}

void SiameseExtraction::finish() {
  const TaskOptions& options = request_->task.options;
  tree_.write(request_->task.text, options.output_all_prefix, request_->caps.max_results, answer_);
  if (prompts_cut_ > 0) {
    answer_.warnings.push_back(std::to_string(prompts_cut_) + (prompts_cut_ == 1 ? " prompt is" : " prompts are") +
                               " longer than the model's " + std::to_string(kMaxPromptTokens) +
                               " tokens and cut, which may have cost the label itself");
  }
  done_ = true;
}

}  // namespace uie
