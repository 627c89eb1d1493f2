// The rotary link head: Z = rotate(ffnq(h)) · rotate(ffnk(h))ᵀ per text, read off as hits and probes (spec/rex.md §8).
//
// Z is a sum over dimensions, so their order is free: the projections' rows are stored with the first numbers of all
// rotary pairs before the second ones, and a rotation then works on two straight halves. Always float: one product in
// forty, and its rounding would decide links.
#pragma once

#include <span>
#include <vector>

#include "model/cpu/linear.h"
#include "model/cpu/packed_batch.h"
#include "model/deberta_weights.h"
#include "uie/model/query.h"

namespace uie::model::cpu {

class LinkHead {
 public:
  LinkHead(const Kernels& kernels, const DebertaWeights& weights, size_t hidden);

  // hidden_rows: [tokens, padded(H)] floats. hits[t] answers the probes of queries[t] and lists the links of text t.
  void run(const Machine& machine, const PackedBatch& batch, std::span<const LinkQuery* const> queries,
           const Rows& hidden_rows, std::span<LinkHits> hits);

  // The whole matrix [L, L] of a batch of one text.
  std::vector<float> matrix(const Machine& machine, const PackedBatch& batch, const Rows& hidden_rows);

  size_t bytes() const { return projections_.bytes() + (cosines_.size() + sines_.size()) * sizeof(float); }

 private:
  // Consecutive texts whose matrices are in memory together.
  struct Group {
    size_t begin, end;
  };
  struct Place {
    size_t keys, cells, pitch;  // where the packed keys and Z of a text lie, and Z's row pitch
  };

  void project(const Machine& machine, const PackedBatch& batch, const Rows& hidden_rows);
  void extend_angles(int32_t position);
  void rotate(float* row, int32_t position) const;
  Group next_group(const PackedBatch& batch, size_t begin, size_t panel);
  void multiply_group(const Machine& machine, const PackedBatch& batch, const Group& group);

  struct Tile {
    size_t text, row;
  };

  size_t half_;  // H / 2: rotary pairs
  PackedMatrix projections_;
  std::vector<float> freqs_;
  std::vector<float> cosines_, sines_;  // [positions seen, H/2]
  AlignedBuffer<float> rows_;           // [tokens, ld_]: queries, then keys
  AlignedBuffer<float> keys_, cells_;
  std::vector<Place> places_;  // of the group's texts
  std::vector<Tile> tiles_;
  size_t ld_;
};

}  // namespace uie::model::cpu
