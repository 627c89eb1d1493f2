// The Date header (RFC 9110 §6.6.1).
#pragma once

#include <string>

namespace uie {

// Now, as "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date();

}  // namespace uie
