// A label is voted for by a hit whose span is the literal in front of the text, "[CLASSIFY]" or "[MULTICLASSIFY]" (C
// below). When no label gets a vote on any level, the "handshake" pass takes every label at the first text token as a
// hit, whatever its score, and the greatest mean confidence wins. The logits which that pass reads are asked for as
// probes of each normal query, so it runs queries again only for hints that the normal pass did not ask.
//
// Ours for long texts (end of §10): the text is never changed, and every later window votes by the C in front of it.
#include "extract/rex_classify.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <numeric>

#include "extract/rex_next_level.h"
#include "extract/rex_span.h"
#include "extract/say_cut.h"

namespace uie {
namespace {

constexpr std::string_view kSingle = "[CLASSIFY]", kMulti = "[MULTICLASSIFY]";
constexpr double kMultiThreshold = 0.9;
constexpr size_t kMaxHits = 65'536;  // of one run; bounds the memory that a bad model can take

// Float arithmetic and rounding as the reference has them: sums left to right in 32 bits, then "%.4f", which rounds
// the exact value half to even.
float probability(float logit) { return 1.0f / (1.0f + std::exp(-logit)); }

double confidence(float tail_head, float type_head, float tail_type) {
  const float mean = (probability(tail_head) + probability(type_head) + probability(tail_type)) / 3.0f;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%.4f", static_cast<double>(mean));
  return std::strtod(digits, nullptr);
}

struct ClassHit {
  uint32_t type;  // index into the hint's types
  Span span;
  bool is_literal;  // the span is C
  double confidence;
};

// The labels of a vote, from the root (they point into the request's labels), and the confidence of each.
using Path = std::vector<std::string_view>;
struct Candidate {
  Path path;
  std::vector<double> confidences;

  double sum() const { return std::accumulate(confidences.begin(), confidences.end(), 0.0); }
  double mean() const { return sum() / static_cast<double>(confidences.size()); }
};

// The votes of one hint, by path in the order of the first vote.
class Votes {
 public:
  void add(const Path& path, std::vector<double> confidences) {
    const auto [place, is_new] = places_.emplace(path, entries_.size());
    if (is_new) {
      entries_.push_back({{path, confidences}, std::move(confidences), 1});
      return;
    }
    Entry& entry = entries_[place->second];
    for (size_t i = 0; i < confidences.size(); ++i) entry.sums[i] += confidences[i];
    ++entry.count;
  }

  // Each path with the confidences of its first vote.
  std::vector<Candidate> first_votes() const {
    std::vector<Candidate> candidates;
    for (const Entry& entry : entries_) candidates.push_back(entry.first);
    return candidates;
  }

  // A lone path with the confidences of its first vote; else the path whose mean confidences have the greatest sum.
  std::optional<Candidate> best() const {
    if (entries_.size() == 1) return entries_.front().first;
    std::optional<Candidate> best;
    for (const Entry& entry : entries_) {
      Candidate mean{entry.first.path, entry.sums};
      for (double& value : mean.confidences) value /= entry.count;
      if (!best || mean.sum() > best->sum()) best = std::move(mean);
    }
    return best;
  }

 private:
  struct Entry {
    Candidate first;
    std::vector<double> sums;
    int count;
  };
  std::map<Path, size_t> places_;
  std::vector<Entry> entries_;
};

class ClassMode final : public RexMode {
 public:
  explicit ClassMode(const RexRequest& request)
      : request_(request),
        is_single_(request.task.text.bytes().find(kSingle) != std::string::npos),
        literal_(is_single_ ? kSingle : kMulti),
        front_(is_single_ ? request.tokenizer->special().classify : request.tokenizer->special().multiclassify) {}

  uint32_t stride() const override { return 0; }

  void open(const Level& level) override {
    hits_.assign(level.runs.size(), {});
    is_cut_ = false;
    handshakes_.clear();
    for (const Run& run : level.runs) {
      auto& windows = known_[level.hints[run.hint].ids];
      if (windows.size() <= run.window) windows.resize(run.window + 1);
      handshakes_.push_back(&windows[run.window]);
      has_later_windows_ = has_later_windows_ || run.window > 0;
    }
  }

  bool is_known(const Level&, uint32_t run) const override { return in_handshake_ && !handshakes_[run]->empty(); }

  LinkQuery query(const Level& level, uint32_t run) const override {
    const Hint& hint = level.hints[level.runs[run].hint];
    LinkQuery query = make_query(hint, level.runs[run], request_.tokens, front_);
    const uint32_t first = text_begin(hint);
    query.probes.push_back({first, first});
    for (const HintType& type : hint.types) {
      query.probes.push_back({type.token, first});
      query.probes.push_back({first, type.token});
    }
    return query;
  }

  size_t probes(const Hint& hint) const override { return 1 + 2 * hint.types.size(); }

  void read(const Level& level, uint32_t run, const LinkIndex& links, const std::vector<float>& probes) override {
    std::vector<double>& handshake = *handshakes_[run];
    handshake.clear();
    for (size_t i = 1; i + 1 < probes.size(); i += 2) {
      handshake.push_back(confidence(probes[0], probes[i], probes[i + 1]));
    }
    if (!in_handshake_) read_hits(level, run, links);
  }

  std::vector<Prefix> finish(const Level& level, Extracted& answer) override {
    NextLevel next(request_.caps.max_prefixes);
    std::optional<Candidate> best;
    for (uint32_t run = 0; run < level.runs.size();) {
      const Votes votes = count_votes(level, run, next);
      if (is_single_) {
        auto candidate = votes.best();
        if (candidate && (!best || candidate->sum() > best->sum())) best = std::move(candidate);
      } else {
        for (Candidate& candidate : votes.first_votes()) candidates_.push_back(std::move(candidate));
      }
    }
    if (best) candidates_.push_back(std::move(*best));
    if (next.cut() || is_cut_) {
      say_cut(answer, "more labels on one level would be expanded than the limit allows; the rest was not");
    }
    std::vector<Prefix> prefixes = next.take();
    return prefixes.empty() ? finish_pass(answer) : prefixes;
  }

 private:
  // Hits that vote or that are expanded; the others say nothing.
  void read_hits(const Level& level, uint32_t run, const LinkIndex& links) {
    const Hint& hint = level.hints[level.runs[run].hint];
    const Hits found = find_hits(links, hint, kMaxHits);
    is_cut_ = is_cut_ || found.cut;
    for (const Hit& hit : found.hits) {
      const auto place = place_of(level.runs[run], text_begin(hint), hit.head, hit.tail);
      if (!place || !(place->is_literal || !hint.types[hit.type].label->is_leaf())) continue;
      hits_[run].push_back({hit.type, place->span, place->is_literal,
                            confidence(hit.span->mirrored, hit.head_type->mirrored, hit.type_tail->mirrored)});
    }
  }

  struct Place {
    Span span;
    bool is_literal;
  };

  // Where a hit lies; nothing when it does not count: spans of spaces, and in later windows all but the C in front.
  // That one stands nowhere in the text: it is given the empty place where its window begins, so that hits of different
  // windows stay different prefixes.
  std::optional<Place> place_of(const Run& run, uint32_t text_begin, uint32_t head, uint32_t tail) const {
    if (run.window > 0) {
      if (head != text_begin || tail != text_begin) return std::nullopt;
      const uint32_t place = request_.tokens[run.tokens.begin].begin;
      return Place{{place, place}, true};
    }
    const auto span = span_of(request_, run, text_begin, head, tail);
    if (!span) return std::nullopt;
    return Place{*span, text_of(request_, *span) == literal_};
  }

  // The votes of the hint that `run` belongs to; advances `run` past its windows.
  Votes count_votes(const Level& level, uint32_t& run, NextLevel& next) const {
    Votes votes;
    const uint32_t hint_number = level.runs[run].hint;
    for (; run < level.runs.size() && level.runs[run].hint == hint_number; ++run) {
      const Hint& hint = level.hints[hint_number];
      for (const ClassHit& hit : in_handshake_ ? handshake_hits(level, run) : hits_[run]) {
        take(level, hint.types[hit.type], hit, next, votes);
      }
    }
    return votes;
  }

  std::vector<ClassHit> handshake_hits(const Level& level, uint32_t run) const {
    const uint32_t first = text_begin(level.hints[level.runs[run].hint]);
    const auto place = place_of(level.runs[run], first, first, first);
    std::vector<ClassHit> hits;
    for (uint32_t type = 0; place && type < handshakes_[run]->size(); ++type) {
      hits.push_back({type, place->span, place->is_literal, (*handshakes_[run])[type]});
    }
    return hits;
  }

  void take(const Level& level, const HintType& type, const ClassHit& hit, NextLevel& next, Votes& votes) const {
    if (!type.label->is_leaf()) {
      const std::string_view span = hit.is_literal ? literal_ : text_of(request_, hit.span);
      next.add(level.prefixes, {type.prefix, type.label, hit.span.begin, hit.span.end, hit.confidence}, span, true,
               false);
    }
    if (!hit.is_literal) return;
    Path path;
    std::vector<double> confidences;
    const Prefix& prefix = level.prefixes[type.prefix];
    for (size_t i = 0; i < prefix.items.size(); ++i) {
      if (prefix.items[i].span != literal_) continue;
      path.push_back(prefix.path[i + 1]->stripped);
      confidences.push_back(prefix.items[i].confidence);
    }
    path.push_back(type.label->name);
    confidences.push_back(hit.confidence);
    if (is_whole_path(request_.root, path)) votes.add(path, std::move(confidences));
  }

  std::vector<Prefix> finish_pass(Extracted& answer) {
    if (candidates_.empty() && !in_handshake_ && handshake_may_vote()) {
      in_handshake_ = true;
      return {Prefix{{&request_.root}, {}}};
    }
    choose(answer);
    return {};
  }

  // Only a C as first text token can get a vote there, or the C in front of a later window.
  bool handshake_may_vote() const {
    return has_later_windows_ || (!request_.tokens.empty() && request_.tokens.front().id == front_);
  }

  void choose(Extracted& answer) const {
    std::vector<const Candidate*> chosen;
    for (const Candidate& candidate : candidates_) {
      if (!is_single_ && candidate.mean() > kMultiThreshold) chosen.push_back(&candidate);
    }
    if (chosen.empty() && !candidates_.empty()) {
      const auto less = [](const Candidate& a, const Candidate& b) { return a.mean() < b.mean(); };
      chosen.push_back(&*std::max_element(candidates_.begin(), candidates_.end(), less));
    }
    for (const Candidate* candidate : chosen) answer.chains.push_back(chain(*candidate));
  }

  // Each item is written at the front, whatever its real place.
  Chain chain(const Candidate& candidate) const {
    Chain items;
    for (size_t i = 0; i < candidate.path.size(); ++i) {
      items.push_back({std::string(candidate.path[i]), std::string(literal_), 0, static_cast<uint32_t>(literal_.size()),
                       candidate.confidences[i]});
    }
    return items;
  }

  const RexRequest& request_;
  const bool is_single_;
  const std::string_view literal_;  // C
  const int32_t front_;             // its id

  bool in_handshake_ = false;
  std::vector<Candidate> candidates_;  // of the pass, all levels
  bool has_later_windows_ = false;     // some query read a window after the first

  // Of the open level, by run.
  std::vector<std::vector<ClassHit>> hits_;
  std::vector<std::vector<double>*> handshakes_;  // confidence of each type at the first text token
  bool is_cut_ = false;                           // a run had too many hits

  // Handshake confidences by hint and window, of both passes; empty: not asked yet. In a deque, for handshakes_ points
  // into it while windows are added.
  std::map<std::vector<int32_t>, std::deque<std::vector<double>>> known_;
};

}  // namespace

bool asks_for_classes(const Text& text) {
  return text.bytes().find(kSingle) != std::string::npos || text.bytes().find(kMulti) != std::string::npos;
}

std::unique_ptr<RexMode> make_class_mode(const RexRequest& request) { return std::make_unique<ClassMode>(request); }

}  // namespace uie
