// How much one batch may hold: the device's own default, and what the options say instead.
#pragma once

#include "uie/engine/engine.h"

namespace uie::engine {

Budget budget_for(const EncoderInfo& info, const EngineOptions& options);

}  // namespace uie::engine
