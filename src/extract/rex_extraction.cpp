#include "extract/rex_extraction.h"

#include <unordered_set>

#include "extract/flow.h"
#include "extract/rex_classify.h"
#include "extract/rex_spans.h"
#include "extract/say_cut.h"

namespace uie {
namespace {

std::string identity(const Chain& chain) {
  std::string key;
  for (const Item& item : chain) {
    key += item.type;
    key += '\0';
    key += std::to_string(item.begin) + ',' + std::to_string(item.end) + ';';
  }
  return key;
}

// The reference gives a tuple again for each window and each twin prefix that finds it. Ours: the first stays.
void merge_duplicates(std::vector<Chain>& chains) {
  std::unordered_set<std::string> seen;
  std::erase_if(chains, [&](const Chain& chain) { return !seen.insert(identity(chain)).second; });
}

// The label of a chain's item; found by either spelling, prefixes write theirs stripped.
double threshold_of(const RexLabel& parent, const Item& item, const RexLabel*& child) {
  for (const RexLabel& label : parent.children) {
    if (label.name != item.type && label.stripped != item.type) continue;
    child = &label;
    return label.threshold;
  }
  child = nullptr;
  return 0;
}

bool passes_thresholds(const RexLabel& root, const Chain& chain) {
  const RexLabel* node = &root;
  for (const Item& item : chain) {
    const double threshold = threshold_of(*node, item, node);
    if (item.confidence < threshold) return false;
    if (node == nullptr) return true;
  }
  return true;
}

}  // namespace

RexExtraction::RexExtraction(RexRequest request)
    : request_(std::make_unique<const RexRequest>(std::move(request))),
      mode_(asks_for_classes(request_->task.text) ? make_class_mode(*request_) : make_span_mode(*request_)) {
  answer_.usage.characters = request_->task.text.size();
  answer_.warnings = too_long_warnings(request_->root);
  // The reference runs one query for an empty text and finds nothing; ours runs none (spec/rex.md §12).
  if (request_->task.text.empty()) {
    finish();
    return;
  }
  start_level({Prefix{{&request_->root}, {}}});
}

std::vector<Query> RexExtraction::next() {
  std::vector<Query> queries;
  if (done_) return queries;
  const size_t end = handed_out_ + next_portion(to_ask_.size() - handed_out_, handed_out_ - fed_);
  for (; handed_out_ < end; ++handed_out_) {
    LinkQuery query = mode_->query(level_, to_ask_[handed_out_]);
    answer_.usage.tokens += static_cast<uint32_t>(query.ids.size());
    ++answer_.usage.queries;
    queries.emplace_back(std::move(query));
  }
  return queries;
}

Result<void> RexExtraction::feed(size_t query, QueryResult result) {
  const size_t asked = query - first_query_;
  if (query < first_query_ || asked >= handed_out_ || is_fed_[asked]) {
    return fail(ErrorCode::internal, "a result for a query that is not out");
  }
  const auto* hits = std::get_if<LinkHits>(&result);
  if (hits == nullptr) return fail(ErrorCode::internal, "a result of the wrong kind");
  const uint32_t run = to_ask_[asked];
  const Hint& hint = level_.hints[level_.runs[run].hint];
  const auto links = LinkIndex::over(hits->links, query_length(hint, level_.runs[run]));
  if (!links) return tl::unexpected(links.error());
  if (hits->probes.size() != mode_->probes(hint)) return fail(ErrorCode::internal, "a result with too few probes");
  mode_->read(level_, run, *links, hits->probes);
  is_fed_[asked] = true;
  if (++fed_ == to_ask_.size()) finish_levels();
  return {};
}

Extracted RexExtraction::result() { return std::move(answer_); }

void RexExtraction::start_level(std::vector<Prefix> prefixes) {
  plan_level(std::move(prefixes));
  if (to_ask_.empty()) finish_levels();
}

void RexExtraction::plan_level(std::vector<Prefix> prefixes) {
  const ExtractOptions& caps = request_->caps;
  const size_t runs_left = caps.max_queries - std::min<size_t>(caps.max_queries, reference_runs_);
  PackedHints packed = pack_hints(prefixes, *request_->tokenizer, runs_left);
  const size_t max_windows =
      std::min<size_t>(request_->task.options.max_windows.value_or(UINT32_MAX), caps.max_windows);
  const PlannedRuns planned = plan_runs(packed.hints, static_cast<uint32_t>(request_->tokens.size()), mode_->stride(),
                                        {max_windows, runs_left});
  level_ = Level{std::move(prefixes), std::move(packed.hints), planned.runs};
  mode_->open(level_);
  first_query_ += to_ask_.size();
  to_ask_.clear();
  for (uint32_t run = 0; run < level_.runs.size(); ++run) {
    if (!mode_->is_known(level_, run)) to_ask_.push_back(run);
  }
  handed_out_ = fed_ = 0;
  is_fed_.assign(to_ask_.size(), false);

  if (reference_runs_ == 0) answer_.usage.windows = planned.windows;
  reference_runs_ += static_cast<uint32_t>(level_.runs.size());
  if (packed.cut || planned.cut)
    say_cut(answer_,
            "more than " + std::to_string(caps.max_queries) + " encoder queries were needed; the rest was not asked");
  if (planned.windows < planned.wanted_windows) {
    say_cut(answer_, "only the first " + std::to_string(planned.windows) + " of " +
                         std::to_string(planned.wanted_windows) + " windows of the text were read");
  }
  if (packed.prefixes_too_long > 0) {
    answer_.warnings.push_back(std::to_string(packed.prefixes_too_long) +
                               " items were not expanded: the path up to them is too long for the model");
  }
}

// A level whose answers were all known at once is followed by the next without a query.
void RexExtraction::finish_levels() {
  do {
    std::vector<Prefix> prefixes = mode_->finish(level_, answer_);
    if (prefixes.empty()) return finish();
    plan_level(std::move(prefixes));
  } while (to_ask_.empty());
}

void RexExtraction::finish() {
  merge_duplicates(answer_.chains);
  const TaskOptions& options = request_->task.options;
  if (options.threshold > 0 || !options.thresholds.empty()) {
    std::erase_if(answer_.chains, [&](const Chain& chain) { return !passes_thresholds(request_->root, chain); });
  }
  level_ = {};
  done_ = true;
}

}  // namespace uie
