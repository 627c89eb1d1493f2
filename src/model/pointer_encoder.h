// An Encoder over any PointerModel: checks queries before, catches everything after. No torch type.
#pragma once

#include <memory>

#include "model/pointer_model.h"
#include "model/query_check.h"
#include "uie/model/encoder.h"

namespace uie::model {

std::unique_ptr<Encoder> make_pointer_encoder(std::unique_ptr<PointerModel> model, const QueryLimits& limits,
                                              EncoderInfo info);

}  // namespace uie::model
