// A file that appears under its name only when it is complete.
#pragma once

#include <filesystem>

#include "checkpoint/byte_cursor.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

// Written beside its place, then renamed. Without commit() nothing is left behind. Errors: unavailable.
class OutputFile {
 public:
  static Result<OutputFile> create(std::filesystem::path path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Result<void> write(Bytes bytes);
  Result<void> commit();  // once, last

 private:
  OutputFile(int descriptor, std::filesystem::path path, std::filesystem::path temporary);
  Unexpected failure(const char* what) const;

  int descriptor_ = -1;
  std::filesystem::path path_, temporary_;
};

}  // namespace uie::checkpoint
