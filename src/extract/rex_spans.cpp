#include "extract/rex_spans.h"

#include <cmath>

#include "extract/rex_next_level.h"
#include "extract/rex_span.h"
#include "extract/say_cut.h"

namespace uie {
namespace {

constexpr uint32_t kStride = 32;  // spec/rex.md §3
// Of one run. A trained model gives tens; this bounds the memory that a bad one can take.
constexpr size_t kMaxHits = 65'536;

double probability(float logit) { return 1 / (1 + std::exp(-static_cast<double>(logit))); }

// Mean of the three link probabilities (spec/interface.md §1).
double confidence(const Hit& hit) {
  return (probability(hit.span->logit) + probability(hit.head_type->logit) + probability(hit.type_tail->logit)) / 3;
}

struct SpanHit {
  uint32_t type;  // index into the hint's types
  Span span;
  double confidence;
};

struct RunHits {
  std::vector<SpanHit> hits;
  bool cut = false;
};

class SpanMode final : public RexMode {
 public:
  explicit SpanMode(const RexRequest& request) : request_(request) {}

  uint32_t stride() const override { return kStride; }

  void open(const Level& level) override { runs_.assign(level.runs.size(), {}); }

  bool is_known(const Level&, uint32_t) const override { return false; }

  LinkQuery query(const Level& level, uint32_t run) const override {
    return make_query(level.hints[level.runs[run].hint], level.runs[run], request_.tokens);
  }

  size_t probes(const Hint&) const override { return 0; }

  void read(const Level& level, uint32_t run, const LinkIndex& links, const std::vector<float>&) override {
    const Hint& hint = level.hints[level.runs[run].hint];
    const Hits found = find_hits(links, hint, kMaxHits);
    runs_[run].cut = found.cut;
    for (const Hit& hit : found.hits) {
      const auto span = span_of(request_, level.runs[run], text_begin(hint), hit.head, hit.tail);
      if (span) runs_[run].hits.push_back({hit.type, *span, confidence(hit)});
    }
  }

  std::vector<Prefix> finish(const Level& level, Extracted& answer) override {
    NextLevel next(request_.caps.max_prefixes);
    for (uint32_t run = 0; run < runs_.size(); ++run) {
      const Hint& hint = level.hints[level.runs[run].hint];
      if (runs_[run].cut) say_cut(answer, "far too many hits in one window; the rest was dropped");
      for (const SpanHit& hit : runs_[run].hits) take(level, hint.types[hit.type], hit, next, answer);
    }
    if (next.cut()) {
      say_cut(answer, "more than " + std::to_string(request_.caps.max_prefixes) +
                          " items on one level would be expanded; the rest was not");
    }
    return next.take();
  }

 private:
  void take(const Level& level, const HintType& type, const SpanHit& hit, NextLevel& next, Extracted& answer) const {
    const std::string_view span = text_of(request_, hit.span);
    if (!type.label->is_leaf()) {
      next.add(level.prefixes, {type.prefix, type.label, hit.span.begin, hit.span.end, hit.confidence}, span, false,
               true);
    } else if (is_complete(level.prefixes[type.prefix], *type.label)) {
      add_chain(level.prefixes[type.prefix], *type.label, hit, span, answer);
    }
  }

  void add_chain(const Prefix& prefix, const RexLabel& label, const SpanHit& hit, std::string_view span,
                 Extracted& answer) const {
    if (answer.chains.size() >= request_.caps.max_results) {
      say_cut(answer, "more than " + std::to_string(request_.caps.max_results) + " results; the rest was dropped");
      return;
    }
    Chain chain = prefix.items;
    chain.push_back({label.name, std::string(span), hit.span.begin, hit.span.end, hit.confidence});
    answer.chains.push_back(std::move(chain));
  }

  // Prefix labels are written stripped, the last one is not, and the whole must be a path of the schema: a non-leaf
  // label with outer spaces gives nothing unless a twin without them exists (golden `label_spaces`).
  bool is_complete(const Prefix& prefix, const RexLabel& label) const {
    std::vector<std::string_view> names;
    for (const Item& item : prefix.items) names.push_back(item.type);
    names.push_back(label.name);
    return is_whole_path(request_.root, names);
  }

  const RexRequest& request_;
  std::vector<RunHits> runs_;  // of the open level
};

}  // namespace

std::unique_ptr<RexMode> make_span_mode(const RexRequest& request) { return std::make_unique<SpanMode>(request); }

}  // namespace uie
