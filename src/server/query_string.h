// The part of a target behind "?".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace uie {

// Percent-decoded, + as a space; of a name that occurs twice the last. Broken escapes are taken as they stand.
std::map<std::string, std::string> query_parameters(std::string_view target);

}  // namespace uie
