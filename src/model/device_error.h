// A device that failed, said by what runs on it; CheckedEncoder makes an error value of it.
#pragma once

#include <stdexcept>
#include <string>

namespace uie::model {

class DeviceError : public std::runtime_error {
 public:
  DeviceError(const std::string& what, bool out_of_memory) : std::runtime_error(what), out_of_memory_(out_of_memory) {}
  // A smaller batch may fit.
  bool out_of_memory() const { return out_of_memory_; }

 private:
  bool out_of_memory_;
};

}  // namespace uie::model
