#include "cli/line_file.h"

#include <lzma.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace uie::cli {

struct LineFile::State {
  std::string path;
  FILE* file = nullptr;
  uint64_t size = 0, read = 0;
  bool compressed = false, ended = false;
  lzma_stream decoder = LZMA_STREAM_INIT;
  std::array<uint8_t, 1 << 16> packed;
  std::array<char, 1 << 16> plain;
  size_t begin = 0, end = 0;  // unread part of `plain`

  ~State() {
    if (compressed) lzma_end(&decoder);
    if (file != nullptr && file != stdin) std::fclose(file);
  }

  Error broken(const std::string& why) const { return Error{ErrorCode::invalid_request, why, path}; }

  // Refills `plain`; sets `ended` when nothing is left.
  Result<void> refill() {
    begin = end = 0;
    return compressed ? refill_xz() : refill_plain();
  }

  Result<void> refill_plain() {
    end = std::fread(plain.data(), 1, plain.size(), file);
    read += end;
    if (end > 0) return {};
    if (std::ferror(file) != 0) return Unexpected(broken(std::string("cannot be read: ") + std::strerror(errno)));
    ended = true;
    return {};
  }

  Result<void> refill_xz() {
    decoder.next_out = reinterpret_cast<uint8_t*>(plain.data());
    decoder.avail_out = plain.size();
    lzma_action action = LZMA_RUN;
    while (decoder.avail_out == plain.size()) {
      if (decoder.avail_in == 0) {
        decoder.next_in = packed.data();
        decoder.avail_in = std::fread(packed.data(), 1, packed.size(), file);
        read += decoder.avail_in;
        if (decoder.avail_in == 0) action = LZMA_FINISH;
      }
      const lzma_ret status = lzma_code(&decoder, action);
      if (status == LZMA_STREAM_END) {
        ended = decoder.avail_out == plain.size();
        break;
      }
      if (status != LZMA_OK) return Unexpected(broken("is not a whole xz file"));
    }
    end = plain.size() - decoder.avail_out;
    return {};
  }
};

LineFile::LineFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineFile::LineFile(LineFile&&) noexcept = default;
LineFile& LineFile::operator=(LineFile&&) noexcept = default;
LineFile::~LineFile() = default;

Result<LineFile> LineFile::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  if (path == "-") {
    state->file = stdin;
    return LineFile(std::move(state));
  }
  state->file = std::fopen(path.c_str(), "rb");
  if (state->file == nullptr)
    return Unexpected(state->broken(std::string("cannot be opened: ") + std::strerror(errno)));
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return Unexpected(state->broken("is a directory, not a file"));
  state->size = std::filesystem::file_size(path, ignored);
  if (path.ends_with(".xz")) {
    if (lzma_stream_decoder(&state->decoder, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
      return Unexpected(state->broken("the xz decoder could not start"));
    }
    state->compressed = true;
  }
  return LineFile(std::move(state));
}

Result<bool> LineFile::next(std::string& line, size_t max_bytes) {
  line.clear();
  bool any = false;
  while (true) {
    if (state_->begin == state_->end) {
      if (state_->ended) return any;
      if (auto filled = state_->refill(); !filled) return Unexpected(filled.error());
      continue;
    }
    any = true;
    const char* from = state_->plain.data() + state_->begin;
    const size_t left = state_->end - state_->begin;
    const void* newline = std::memchr(from, '\n', left);
    const size_t length = newline != nullptr ? static_cast<size_t>(static_cast<const char*>(newline) - from) : left;
    line.append(from, std::min(length, max_bytes - std::min(max_bytes, line.size())));
    state_->begin += length;
    if (newline != nullptr) {
      ++state_->begin;
      return true;
    }
  }
}

double LineFile::progress() const {
  return state_->size > 0 ? static_cast<double>(state_->read) / static_cast<double>(state_->size) : 0;
}

}  // namespace uie::cli
