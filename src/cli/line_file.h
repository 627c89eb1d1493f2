// Lines of text files: plain, xz-compressed (by name), or stdin ("-"). Constant memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "uie/base/result.h"

namespace uie::cli {

class LineFile {
 public:
  // Errors: invalid_request naming the file and why it cannot be read.
  static Result<LineFile> open(const std::string& path);

  LineFile(LineFile&&) noexcept;
  LineFile& operator=(LineFile&&) noexcept;
  ~LineFile();

  // The next line without its newline, split at \n only; a line longer than `max_bytes` is cut there and the rest
  // skipped. False at the end. Errors: a broken xz stream.
  Result<bool> next(std::string& line, size_t max_bytes = size_t(64) << 20);

  // How much of the file has been read, 0…1; 0 for stdin.
  double progress() const;

 private:
  struct State;
  explicit LineFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace uie::cli
