// An answer as one line, for comparing.
#pragma once

#include <string>

#include "uie/schema/extracted.h"

namespace uie::test {

// "人物=张三[0,2] 公司=甲厂[4,6]; …", chains in order.
inline std::string spelled(const Extracted& answer) {
  std::string text;
  for (const Chain& chain : answer.chains) {
    text += text.empty() ? "" : "; ";
    for (size_t i = 0; i < chain.size(); ++i) {
      text += (i == 0 ? "" : " ") + chain[i].type + "=" + chain[i].span + "[" + std::to_string(chain[i].begin) + "," +
              std::to_string(chain[i].end) + "]";
    }
  }
  return text;
}

}  // namespace uie::test
