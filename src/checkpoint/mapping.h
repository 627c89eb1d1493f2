// A whole file, read-only, mapped into memory.
#pragma once

#include <filesystem>

#include "checkpoint/byte_cursor.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

// Move only. The bytes stay valid when the file is replaced by rename; a file cut short in place while it is mapped
// raises SIGBUS, as with every mapped file.
class Mapping {
 public:
  Mapping() = default;
  // Only regular files: a directory, pipe or device is refused without waiting on it.
  static Result<Mapping> open(const std::filesystem::path& path);

  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  Bytes bytes() const { return bytes_; }

 private:
  explicit Mapping(Bytes bytes) : bytes_(bytes) {}

  Bytes bytes_;
};

}  // namespace uie::checkpoint
