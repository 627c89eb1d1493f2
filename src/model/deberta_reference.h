// DeBERTa-v2 with the rotary link head in plain eager ATen: the slow, obviously right path that others are tested
// against, and the peer in benchmarks. One query at a time, unpadded, fp32, the relative table projected anew in every
// layer of every pass, as the published implementation does. spec/rex.md §7, §8. No torch type in this header.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/link_model.h"

namespace uie::model {

class DebertaReference : public LinkModel {
 public:
  // threads: of the whole process's libtorch and BLAS, set here.
  DebertaReference(const DebertaConfig& config, const DebertaWeights& weights, int threads);
  ~DebertaReference() override;

  std::vector<LinkHits> run(std::span<const LinkQuery* const> batch) override;
  size_t weight_bytes() const override;

  // The last layer's output, [length, hidden]. Throws what ATen throws.
  std::vector<float> hidden(const LinkQuery& query) const;
  // The link matrix Z, [length, length].
  std::vector<float> link_matrix(const LinkQuery& query) const;

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace uie::model
