#include "extract/siamese_spans.h"

#include <algorithm>
#include <cmath>

namespace uie {
namespace {

constexpr double kThreshold = 0.5;  // on the logit, both heads (spec/siamese.md §5)

// One logit a token: where two windows cover it, their mean.
std::vector<double> merge(const SiameseText& text, const std::vector<PointerScores>& scores,
                          std::vector<float> PointerScores::*of) {
  std::vector<double> merged;
  merged.reserve(text.size());
  for (size_t w = 0; w < scores.size(); ++w) {
    uint32_t token = text.windows[w].begin;
    for (const float logit : scores[w].*of) {
      if (token < merged.size()) {
        merged[token] = (merged[token] + static_cast<double>(logit)) / 2;
      } else {
        merged.push_back(static_cast<double>(logit));
      }
      ++token;
    }
  }
  return merged;
}

// How far above the threshold, as a probability (spec/interface.md §1).
double certainty(double logit) { return 1 / (1 + std::exp(kThreshold - logit)); }

}  // namespace

std::vector<SiameseSpan> find_spans(const SiameseText& text, const std::vector<PointerScores>& scores) {
  const std::vector<double> head = merge(text, scores, &PointerScores::head);
  const std::vector<double> tail = merge(text, scores, &PointerScores::tail);
  std::vector<SiameseSpan> spans;
  size_t nearest = tail.size();  // none yet
  for (size_t i = head.size(); i-- > 0;) {
    if (tail[i] > kThreshold) nearest = i;
    if (!(head[i] > kThreshold) || nearest == tail.size()) continue;
    const double confidence = (certainty(head[i]) + certainty(tail[nearest])) / 2;
    spans.push_back({text.tokens[i].begin, text.tokens[nearest].end, confidence});
  }
  std::reverse(spans.begin(), spans.end());
  std::stable_sort(spans.begin(), spans.end(), [](const SiameseSpan& a, const SiameseSpan& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  return spans;
}

}  // namespace uie
