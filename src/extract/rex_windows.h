// The encoder runs of one level: each hint with each window of the text. Source: spec/rex.md §4, §10.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/rex_layout.h"
#include "uie/text/tokenizer.h"

namespace uie {

inline constexpr uint32_t kMaxQueryTokens = 512;  // spec/rex.md §3

// One encoder run: hint × text window.
struct Run {
  uint32_t hint;      // index into the level's hints
  uint32_t window;    // 0 for the first window of the text
  TokenRange tokens;  // of the text
};

// One level of the recursion, ready to run. Runs are ordered by hint, then window.
struct Level {
  std::vector<Prefix> prefixes;
  std::vector<Hint> hints;
  std::vector<Run> runs;
};

struct RunCaps {
  size_t max_windows;  // of the text, for each hint
  size_t max_runs;
};

struct PlannedRuns {
  std::vector<Run> runs;
  uint32_t windows = 0;         // read, of the hint that needs most
  uint32_t wanted_windows = 0;  // that the whole text would need
  bool cut = false;             // max_runs was reached
};

PlannedRuns plan_runs(const std::vector<Hint>& hints, uint32_t text_tokens, uint32_t stride, const RunCaps& caps);

// First text token of the hint's queries.
inline uint32_t text_begin(const Hint& hint) { return hint.size(); }

// Tokens of the run's query.
inline uint32_t query_length(const Hint& hint, const Run& run) {
  return hint.size() + (run.tokens.end - run.tokens.begin) + 1;
}

// The query of a run. `front` >= 0 (classification): windows after the first begin with this id and lose their last
// token for it, as in the reference.
LinkQuery make_query(const Hint& hint, const Run& run, const std::vector<Token>& text, int32_t front = -1);

}  // namespace uie
