#include "model/pointer_encoder.h"

#include <utility>

#include "model/checked_encoder.h"

namespace uie::model {

std::unique_ptr<Encoder> make_pointer_encoder(std::unique_ptr<PointerModel> model, const QueryLimits& limits,
                                              EncoderInfo info) {
  return std::make_unique<CheckedEncoder<PointerQuery, PointerModel>>(std::move(model), limits, std::move(info),
                                                                      "this model takes pointer queries only");
}

}  // namespace uie::model
