#include "text/spm_tokenizer.h"

#include <algorithm>
#include <optional>

#include <sentencepiece_processor.h>

namespace uie {
namespace {

using sentencepiece::SentencePieceProcessor;

std::optional<int32_t> find_piece(const SentencePieceProcessor& processor, std::string_view piece) {
  const int id = processor.PieceToId(piece);  // [UNK]'s for what it does not know
  if (processor.IdToPiece(id) != piece) return std::nullopt;
  return id;
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
  auto processor = std::make_unique<SentencePieceProcessor>();
  if (const auto status = processor->LoadFromSerializedProto(model); !status.ok()) {
    return fail(ErrorCode::corrupt_checkpoint, "not a sentencepiece model: " + status.ToString(), name);
  }
  SpecialTokens special;
  find_base_specials(special, [&](std::string_view literal) { return find_piece(*processor, literal); });
  if (special.unk < 0) special.unk = processor->unk_id();
  if (special.cls < 0 || special.sep < 0) {
    return fail(ErrorCode::corrupt_checkpoint, "the sentencepiece model must define the pieces [CLS] and [SEP]", name);
  }
  std::vector<std::string> added;
  const auto add = [&](std::string_view literal) {
    if (const auto known = find_piece(*processor, literal)) return *known;
    added.emplace_back(literal);
    return processor->GetPieceSize() + static_cast<int32_t>(added.size()) - 1;
  };
  special.mask = add("[MASK]");
  if (rex_specials) add_rex_specials(special, add);
  return std::shared_ptr<const SpmTokenizer>(new SpmTokenizer(std::move(processor), special, std::move(added)));
}

SpmTokenizer::SpmTokenizer(std::unique_ptr<Processor> processor, const SpecialTokens& special,
                           std::vector<std::string> added)
    : processor_(std::move(processor)), special_(special), added_(std::move(added)), literals_(special) {}

SpmTokenizer::~SpmTokenizer() = default;

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
  sentencepiece::ImmutableSentencePieceText pieces;
  const std::string_view stretch = std::string_view(text.bytes()).substr(begin, end - begin);
  if (!processor_->Encode(stretch, pieces.mutable_proto()).ok()) {
    tokens.push_back({special_.unk, code_point_at(text, begin), code_point_at(text, end)});
    return;
  }
  for (const auto& piece : pieces.pieces()) {
    const uint32_t first = code_point_at(text, begin + piece.begin());
    const uint32_t last = code_point_behind(text, begin + piece.end());
    // A piece of no width, such as the leading "▁" alone, takes the character that it stands at.
    tokens.push_back({static_cast<int32_t>(piece.id()), first, std::max(last, std::min(first + 1, text.size()))});
  }
}

size_t SpmTokenizer::vocab_size() const { return static_cast<size_t>(processor_->GetPieceSize()) + added_.size(); }

std::string_view SpmTokenizer::piece(int32_t id) const {
  const int32_t own = processor_->GetPieceSize();
  if (id < 0 || static_cast<size_t>(id) >= vocab_size()) return {};
  return id < own ? processor_->IdToPiece(id) : added_[static_cast<size_t>(id - own)];
}

}  // namespace uie
