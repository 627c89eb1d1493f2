#include "checkpoint/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "checkpoint/errors.h"

namespace uie::checkpoint {
namespace {

Unexpected system_failure(const char* what, const std::filesystem::path& path) {
  return corrupt(std::string(what) + ": " + std::generic_category().message(errno), path.string());
}

Result<Bytes> map(int descriptor, const std::filesystem::path& path) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return system_failure("cannot look at the file", path);
  if (!S_ISREG(info.st_mode)) return corrupt("not a regular file", path.string());
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return Bytes{};
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED) return system_failure("cannot map the file", path);
  return Bytes(static_cast<const std::byte*>(memory), size);
}

}  // namespace

Result<Mapping> Mapping::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return system_failure("cannot open the file", path);
  const Result<Bytes> bytes = map(descriptor, path);
  ::close(descriptor);
  if (!bytes) return Unexpected(bytes.error());
  return Mapping(*bytes);
}

Mapping::Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace uie::checkpoint
