// The pieces of a vocab.txt: id = line number from 0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"

namespace uie {

// Immutable but for add(). Movable: pieces are offsets into one string, so nothing points into itself.
class Vocabulary {
 public:
  // Lines end at '\n' only: published vocabularies hold U+2028 and its like as pieces, and any splitter that takes
  // those for line ends loses the numbering. One '\r' before the '\n' is dropped. The last line may lack its '\n'.
  // Errors: corrupt_checkpoint (empty, not UTF-8, too many pieces), `where` = `name`.
  static Result<Vocabulary> parse(std::string bytes, const std::string& name);

  size_t size() const { return starts_.size() - 1; }

  // Empty when out of range.
  std::string_view piece(int32_t id) const;

  // The last line that spells `piece`, as the published loader has it; a linear search, for load time.
  std::optional<int32_t> find(std::string_view piece) const;

  // The id of `piece`, which is appended if it is new.
  int32_t add(std::string_view piece);

 private:
  std::string bytes_;
  std::vector<uint32_t> starts_ = {0};  // [size() + 1] byte offsets into bytes_
};

}  // namespace uie
