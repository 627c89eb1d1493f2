// How an answer says that a cap cut something.
#pragma once

#include <algorithm>
#include <string>

#include "uie/schema/extracted.h"

namespace uie {

// The same thing is said once, however many levels and windows it happened in.
inline void say_cut(Extracted& answer, std::string warning) {
  answer.truncated = true;
  const auto said = std::find(answer.warnings.begin(), answer.warnings.end(), warning);
  if (said == answer.warnings.end()) answer.warnings.push_back(std::move(warning));
}

}  // namespace uie
