// An Encoder over any LinkModel: checks queries before, catches everything after. No torch type.
#pragma once

#include <memory>

#include "model/link_model.h"
#include "model/query_check.h"
#include "uie/model/encoder.h"

namespace uie::model {

std::unique_ptr<Encoder> make_link_encoder(std::unique_ptr<LinkModel> model, const QueryLimits& limits,
                                           EncoderInfo info);

}  // namespace uie::model
