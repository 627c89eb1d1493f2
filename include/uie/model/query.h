// The contract between extraction and encoder: packed token queries in, hits out. Plain data, no tensors.
//
// Source: spec/rex.md §6, §8 to §10; spec/siamese.md §4; design in src/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace uie {

// A cell of the link matrix Z.
struct Cell {
  uint32_t row, col;

  friend bool operator==(const Cell&, const Cell&) = default;
};

// One encoder run of RexUniNLU. All vectors have length L (tokens), 1 <= L <= 512 by the family's own rule.
// Token i sees token j if either group is 0, or the groups are equal and (either slot is 0 or the slots are equal).
struct LinkQuery {
  std::vector<int32_t> ids;        // vocabulary rows
  std::vector<int32_t> segments;   // token types: 0 hint, 1 text; used only where type_vocab_size > 0
  std::vector<int32_t> positions;  // spec/rex.md §6
  std::vector<int32_t> groups;     // 0: CLS, SEP, text; else the number of the prefix, from 1
  std::vector<int32_t> slots;      // 0: the prefix span; k: its k-th type
  std::vector<Cell> probes;        // cells whose logit is wanted whatever its sign
};

// One encoder run of SiameseUIE (spec/siamese.md §4): one window of a text and one prompt. Not used by RexUniNLU.
// Neither list of ids is empty. Positions of both stay below the model's table (512 in published ones): the text's
// count from 0, so text_ids.size() is at most 512, and so is hint_position + hint_ids.size().
struct PointerQuery {
  std::vector<int32_t> text_ids, hint_ids;  // vocabulary rows, [CLS] and [SEP] included
  int32_t hint_position = 0;                // position of the hint's first token
};

// Z[row, col] > 0. mirrored = Z[col, row].
struct Link {
  uint32_t row, col;
  float logit, mirrored;
};

struct LinkHits {
  std::vector<Link> links;    // row major order
  std::vector<float> probes;  // logits, in the order of the query's probes
};

struct PointerScores {
  std::vector<float> head, tail;  // logits, [text tokens]
};

using Query = std::variant<LinkQuery, PointerQuery>;
using QueryResult = std::variant<LinkHits, PointerScores>;

// What a query costs a batch: tokens L and area L² (cells of the attention matrix).
struct QueryCost {
  size_t tokens = 0, area = 0;
};

inline QueryCost cost(const LinkQuery& query) { return {query.ids.size(), query.ids.size() * query.ids.size()}; }
inline QueryCost cost(const PointerQuery& query) {
  const size_t length = query.text_ids.size() + query.hint_ids.size();
  return {length, length * length};
}
inline QueryCost cost(const Query& query) {
  return std::visit([](const auto& q) { return cost(q); }, query);
}

}  // namespace uie
