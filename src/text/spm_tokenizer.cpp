#include "text/spm_tokenizer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/spm/library.h"

namespace uie {
namespace {

std::optional<int32_t> find_piece(const UieSpmApi& api, const void* processor, std::string_view piece) {
  const int32_t id = api.find(processor, piece.data(), piece.size());
  return id >= 0 ? std::optional(id) : std::nullopt;
}

// The last code point that starts at or before `byte`.
uint32_t code_point_at(const Text& text, size_t byte) {
  uint32_t low = 0, high = text.size();
  while (low < high) {
    const uint32_t middle = low + (high - low + 1) / 2;
    if (text.byte_offset(middle) <= byte) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// The first code point that starts at or behind `byte`.
uint32_t code_point_behind(const Text& text, size_t byte) {
  const uint32_t index = code_point_at(text, byte);
  return text.byte_offset(index) < byte ? index + 1 : index;
}

}  // namespace

Result<std::shared_ptr<const SpmTokenizer>> SpmTokenizer::make(std::string_view model, bool rex_specials,
                                                               const std::string& name) {
  const auto library = spm_library();
  if (!library) return fail(library.error().code, library.error().message, name);
  const UieSpmApi& api = **library;
  std::array<char, 256> reason{};
  Processor processor(api.load(model.data(), model.size(), reason.data(), reason.size()), api.free);
  if (!processor)
    return fail(ErrorCode::corrupt_checkpoint, std::string("not a sentencepiece model: ") + reason.data(), name);
  SpecialTokens special;
  find_base_specials(special, [&](std::string_view literal) { return find_piece(api, processor.get(), literal); });
  if (special.unk < 0) special.unk = api.unk_id(processor.get());
  if (special.cls < 0 || special.sep < 0) {
    return fail(ErrorCode::corrupt_checkpoint, "the sentencepiece model must define the pieces [CLS] and [SEP]", name);
  }
  std::vector<std::string> added;
  const auto add = [&](std::string_view literal) {
    if (const auto known = find_piece(api, processor.get(), literal)) return *known;
    added.emplace_back(literal);
    return api.piece_count(processor.get()) + static_cast<int32_t>(added.size()) - 1;
  };
  special.mask = add("[MASK]");
  if (rex_specials) add_rex_specials(special, add);
  return std::shared_ptr<const SpmTokenizer>(new SpmTokenizer(api, std::move(processor), special, std::move(added)));
}

SpmTokenizer::SpmTokenizer(const UieSpmApi& api, Processor processor, const SpecialTokens& special,
                           std::vector<std::string> added)
    : api_(api), processor_(std::move(processor)), special_(special), added_(std::move(added)), literals_(special) {}

std::vector<Token> SpmTokenizer::encode(const Text& text) const {
  const std::string_view bytes = text.bytes();
  std::vector<Token> tokens;
  size_t done = 0;
  for (size_t at = bytes.find('['); at != bytes.npos; at = bytes.find('[', at)) {
    const SpecialLiteral* found = literals_.match(bytes.substr(at));
    if (!found) {
      ++at;
      continue;
    }
    encode_stretch(text, done, at, tokens);
    const uint32_t begin = code_point_at(text, at);
    tokens.push_back({found->id, begin, begin + static_cast<uint32_t>(found->literal.size())});
    done = at += found->literal.size();
  }
  encode_stretch(text, done, bytes.size(), tokens);
  return tokens;
}

void SpmTokenizer::encode_stretch(const Text& text, size_t begin, size_t end, std::vector<Token>& tokens) const {
  if (begin == end) return;
  const auto append = [&](int32_t id, size_t piece_begin, size_t piece_end) {
    const uint32_t first = code_point_at(text, begin + piece_begin);
    const uint32_t last = code_point_behind(text, begin + piece_end);
    // A piece of no width, such as the leading "▁" alone, takes the character that it stands at.
    tokens.push_back({id, first, std::max(last, std::min(first + 1, text.size()))});
  };
  const auto call = [](void* context, int32_t id, size_t piece_begin, size_t piece_end) {
    (*static_cast<decltype(append)*>(context))(id, piece_begin, piece_end);
  };
  if (!api_.encode(processor_.get(), text.bytes().data() + begin, end - begin, call,
                   const_cast<void*>(static_cast<const void*>(&append)))) {
    tokens.push_back({special_.unk, code_point_at(text, begin), code_point_at(text, end)});
  }
}

size_t SpmTokenizer::vocab_size() const {
  return static_cast<size_t>(api_.piece_count(processor_.get())) + added_.size();
}

std::string_view SpmTokenizer::piece(int32_t id) const {
  const int32_t own = api_.piece_count(processor_.get());
  if (id < 0 || static_cast<size_t>(id) >= vocab_size()) return {};
  if (id >= own) return added_[static_cast<size_t>(id - own)];
  size_t size = 0;
  const char* bytes = api_.piece(processor_.get(), id, &size);
  return {bytes, size};
}

}  // namespace uie
