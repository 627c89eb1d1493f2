// SiameseUIE in plain eager ATen: the slow, obviously right path that the other is tested against, and the peer in
// benchmarks. One query at a time, unpadded, fp32 (spec/siamese.md §4). As in the published loop, a text's lower half
// is kept while prompts ask about it: that of the last text. No torch type in this header.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/bert_config.h"
#include "model/bert_weights.h"
#include "model/pointer_model.h"

namespace uie::model {

class BertReference final : public PointerModel {
 public:
  // threads: of the whole process's libtorch and BLAS, set here.
  BertReference(const BertConfig& config, const BertWeights& weights, int threads);
  ~BertReference() override;

  std::vector<PointerScores> run(std::span<const PointerQuery* const> batch) override;
  size_t weight_bytes() const override;
  LowerHalfCounts lower_half() const override;

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace uie::model
