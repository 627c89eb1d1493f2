#include "text/vocabulary.h"

#include "uie/text/text.h"

namespace uie {
namespace {

constexpr size_t kMaxPieces = size_t{1} << 24;  // an id shares 32 bits with its kind in char_actions.h
constexpr size_t kMaxBytes = size_t{1} << 30;

Unexpected too_large(const std::string& name) {
  return fail(ErrorCode::corrupt_checkpoint, "the vocabulary is too large: at most 16777216 pieces in 1 GiB", name);
}

}  // namespace

Result<Vocabulary> Vocabulary::parse(std::string bytes, const std::string& name) {
  if (bytes.empty()) return fail(ErrorCode::corrupt_checkpoint, "the vocabulary is empty: one piece a line", name);
  if (bytes.size() > kMaxBytes) return too_large(name);
  size_t bad = 0;
  if (!is_valid_utf8(bytes, &bad)) {
    return fail(ErrorCode::corrupt_checkpoint,
                "the vocabulary is not valid UTF-8 at byte " + std::to_string(bad) + ": one piece a line, UTF-8", name);
  }
  Vocabulary vocabulary;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t stop = rest.find('\n');
    std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(stop == rest.npos ? rest.size() : stop + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    vocabulary.bytes_ += line;
    vocabulary.starts_.push_back(static_cast<uint32_t>(vocabulary.bytes_.size()));
  }
  if (vocabulary.size() > kMaxPieces) return too_large(name);
  return vocabulary;
}

std::string_view Vocabulary::piece(int32_t id) const {
  const auto index = static_cast<size_t>(id);
  if (id < 0 || index >= size()) return {};
  return std::string_view(bytes_).substr(starts_[index], starts_[index + 1] - starts_[index]);
}

std::optional<int32_t> Vocabulary::find(std::string_view wanted) const {
  for (auto id = static_cast<int32_t>(size()) - 1; id >= 0; --id) {
    if (piece(id) == wanted) return id;
  }
  return std::nullopt;
}

int32_t Vocabulary::add(std::string_view piece) {
  if (const auto known = find(piece)) return *known;
  bytes_ += piece;
  starts_.push_back(static_cast<uint32_t>(bytes_.size()));
  return static_cast<int32_t>(size()) - 1;
}

}  // namespace uie
