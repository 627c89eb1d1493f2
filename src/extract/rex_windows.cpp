#include "extract/rex_windows.h"

#include <algorithm>

namespace uie {

PlannedRuns plan_runs(const std::vector<Hint>& hints, uint32_t text_tokens, uint32_t stride, const RunCaps& caps) {
  PlannedRuns planned;
  for (uint32_t h = 0; h < hints.size(); ++h) {
    const uint32_t room = kMaxQueryTokens - hints[h].size() - 1;
    const std::vector<TokenRange> windows = token_windows(text_tokens, room, stride);
    const auto wanted = static_cast<uint32_t>(windows.size());
    const auto read = static_cast<uint32_t>(std::min<size_t>(wanted, caps.max_windows));
    planned.wanted_windows = std::max(planned.wanted_windows, wanted);
    planned.windows = std::max(planned.windows, read);
    for (uint32_t w = 0; w < read; ++w) {
      planned.cut = planned.runs.size() >= caps.max_runs;
      if (planned.cut) return planned;
      planned.runs.push_back({h, w, windows[w]});
    }
  }
  return planned;
}

LinkQuery make_query(const Hint& hint, const Run& run, const std::vector<Token>& text, int32_t front) {
  const bool has_front = front >= 0 && run.window > 0;
  std::vector<int32_t> ids;
  ids.reserve(run.tokens.end - run.tokens.begin);
  if (has_front) ids.push_back(front);
  for (uint32_t i = run.tokens.begin; i < run.tokens.end - (has_front ? 1 : 0); ++i) ids.push_back(text[i].id);
  return lay_out(hint, std::move(ids));
}

}  // namespace uie
