// A text of a request, checked.
#pragma once

#include <string>

#include "uie/schema/json.h"

namespace uie {

// Errors, at `pointer`: invalid_request (no string), too_large (longer than the limit).
Result<Text> read_text(const Json& json, const SchemaLimits& limits, const std::string& pointer);

}  // namespace uie
