#include "model/link_encoder.h"

#include <utility>

#include "model/checked_encoder.h"

namespace uie::model {

std::unique_ptr<Encoder> make_link_encoder(std::unique_ptr<LinkModel> model, const QueryLimits& limits,
                                           EncoderInfo info) {
  return std::make_unique<CheckedEncoder<LinkQuery, LinkModel>>(std::move(model), limits, std::move(info),
                                                                "this model takes link queries only");
}

}  // namespace uie::model
