// The two ways in which a checkpoint is refused, and text from a file made fit for a message.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "uie/base/result.h"

namespace uie::checkpoint {

inline Unexpected corrupt(std::string message, std::string where = {}) {
  return fail(ErrorCode::corrupt_checkpoint, std::move(message), std::move(where));
}

inline Unexpected unsupported(std::string message, std::string where = {}) {
  return fail(ErrorCode::unsupported, std::move(message), std::move(where));
}

// Names from a file may hold anything: what is not printable or not UTF-8 becomes \xNN, long ones are cut.
std::string printable(std::string_view raw);

bool is_utf8(std::string_view bytes);

}  // namespace uie::checkpoint
