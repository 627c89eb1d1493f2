// From the logits of a text's windows to the entities of one prompt. Source: spec/siamese.md §5.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/siamese_text.h"
#include "uie/model/query.h"

namespace uie {

// Code points [begin, end) of the text. A head on [CLS] begins at 0. A tail on [SEP] or [CLS] ends at 0: the offset is
// then inverted or [0, 0] and the span empty, as in the reference.
struct SiameseSpan {
  uint32_t begin, end;
  double confidence;
};

// Each head above the threshold with its nearest tail, sorted by place; equal places stay, in the order of their heads.
// `scores`: one for each window, of its length.
std::vector<SiameseSpan> find_spans(const SiameseText& text, const std::vector<PointerScores>& scores);

}  // namespace uie
