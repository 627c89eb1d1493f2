#include "checkpoint/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace uie::checkpoint {
namespace {

Unexpected unavailable(const char* what, const std::filesystem::path& path) {
  return fail(ErrorCode::unavailable, std::string(what) + ": " + std::generic_category().message(errno), path.string());
}

}  // namespace

Result<OutputFile> OutputFile::create(std::filesystem::path path) {
  std::filesystem::path temporary = path;
  temporary.replace_filename("." + path.filename().string() + "." + std::to_string(getpid()) + ".part");
  ::unlink(temporary.c_str());  // of an earlier process that died
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return unavailable("cannot create the file", path);
  return OutputFile(descriptor, std::move(path), std::move(temporary));
}

OutputFile::OutputFile(int descriptor, std::filesystem::path path, std::filesystem::path temporary)
    : descriptor_(descriptor), path_(std::move(path)), temporary_(std::move(temporary)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)) {}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

Unexpected OutputFile::failure(const char* what) const { return unavailable(what, path_); }

Result<void> OutputFile::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("cannot write the file");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<void> OutputFile::commit() {
  if (::fsync(descriptor_) != 0) return failure("cannot write the file to its disk");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failure("cannot put the file in its place");
  ::close(std::exchange(descriptor_, -1));
  return {};
}

}  // namespace uie::checkpoint
