// Appends a member that is known to be new: the ordered object's own emplace walks all keys first, which is
// quadratic in their number.
#pragma once

#include <string>
#include <utility>

#include "uie/schema/json.h"

namespace uie {

inline Json& append_new_member(Json::object_t& members, std::string key, Json&& value) {
  auto& entries = static_cast<Json::object_t::Container&>(members);
  return entries.emplace_back(std::move(key), std::move(value)).second;
}

}  // namespace uie
