// SiameseUIE as its publisher runs it (spec/siamese.md §4, §6): at every node of the search the lower layers read the
// text anew; the prompts of the node follow, padded to the longest, eight at a time. Plain eager libtorch.
#pragma once

#include <memory>

#include "model/bert_config.h"
#include "model/bert_weights.h"
#include "model/pointer_model.h"

namespace uie {

class PublishedSiamese final : public model::PointerModel {
 public:
  PublishedSiamese(const model::BertConfig& config, const model::BertWeights& weights, int threads);
  ~PublishedSiamese() override;

  // One node: all queries have the text of the first.
  std::vector<PointerScores> run(std::span<const PointerQuery* const> node) override;
  size_t weight_bytes() const override { return 0; }
  LowerHalfCounts lower_half() const override { return {}; }

 private:
  struct Network;
  const std::unique_ptr<Network> network_;
};

}  // namespace uie
