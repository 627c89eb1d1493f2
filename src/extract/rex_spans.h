// Extraction: entities, relations, events, aspects. Source: spec/rex.md §9.
#pragma once

#include <memory>

#include "extract/rex_mode.h"

namespace uie {

// Borrows `request`.
std::unique_ptr<RexMode> make_span_mode(const RexRequest& request);

}  // namespace uie
