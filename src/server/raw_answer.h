// Answers that the guard gives itself, without a handler: refusals.
#pragma once

#include <string>

#include "server/api_error.h"

namespace uie {

// A whole HTTP/1.1 answer with Connection: close and a fresh request id.
std::string refusal_bytes(const Problem& problem);

}  // namespace uie
