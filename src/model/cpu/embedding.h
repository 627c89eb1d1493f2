// The first rows of the encoder: table rows added up, projected when the tables are narrower, normalised.
#pragma once

#include <vector>

#include "model/cpu/linear.h"
#include "model/cpu/packed_batch.h"

namespace uie::model::cpu {

struct EmbeddingTables {
  size_t width = 0;              // E: of the tables
  std::vector<float> words;      // [V, E]
  std::vector<float> positions;  // [P, E]; empty: not added
  std::vector<float> segments;   // [types, E]; empty: not added

  size_t bytes() const { return (words.size() + positions.size() + segments.size()) * sizeof(float); }
};

// to: [tokens, ld]. Columns past the width become zeros.
void look_up(const Machine& machine, const EmbeddingTables& tables, const PackedBatch& batch, const Rows& to);

}  // namespace uie::model::cpu
