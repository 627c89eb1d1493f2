// One list of options for flags, environment, --help, --print-config and the README's table.
//
// A room that can be configured has `struct XOptions` with defaults and a member
//   template <class Visitor> void visit(Visitor&& visitor) {
//     visitor(port, OptionInfo{"port", "", "port to listen on; 0 takes a free one"});
//     ...
//   }
// cli/ folds the structs into one list. `--max-length` is also UIE_MAX_LENGTH.
// Member types in use: bool, int, unsigned, size_t, double, std::string, std::filesystem::path,
// std::vector<std::string> (a repeatable flag) and std::optional of the numbers and of bool.
#pragma once

namespace uie {

struct OptionInfo {
  const char* flag;     // without the leading dashes: "max-body-bytes"
  const char* unit;     // "bytes", "ms", "tokens", ...; empty when the value has none
  const char* help;     // one line; says the consequence, not the type
  bool secret = false;  // printed as *** by --print-config
};

}  // namespace uie
