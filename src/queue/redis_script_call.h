// EVAL with its keys counted.
#pragma once

#include <initializer_list>
#include <string>

#include "queue/redis_connection.h"

namespace uie::redis {

inline Command call_script(const char* script, const Command& keys, const Command& arguments = {}) {
  Command command{"EVAL", script, std::to_string(keys.size())};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace uie::redis
