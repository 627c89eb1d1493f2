// Any bytes as a text, a hint and a vocabulary: no crash, and offsets stay sound.
#include <cstdlib>
#include <filesystem>

#include "text/vocabulary.h"
#include "text/wordpiece.h"
#include "uie/text/tokenizer.h"

namespace {

using namespace uie;

void require(bool holds) {
  if (!holds) std::abort();
}

// Random bytes are seldom UTF-8: without this few inputs would get past the door.
Text repaired(std::string bytes) {
  for (size_t bad = 0; !is_valid_utf8(bytes, &bad);) bytes[bad] = static_cast<char>(bytes[bad] & 0x7F);
  return Text::from_utf8(std::move(bytes)).value();
}

void check_offsets(const Tokenizer& tokenizer, const Text& text) {
  uint32_t last_begin = 0;
  for (const Token& token : tokenizer.encode(text)) {
    require(token.id >= 0 && static_cast<size_t>(token.id) < tokenizer.vocab_size());
    require(last_begin <= token.begin && token.begin < token.end && token.end <= text.size());
    last_begin = token.begin;
  }
}

// Small rooms, so that a short input meets every way to cut.
void check_windows(const Tokenizer& tokenizer, const Text& hint, const Text& text, uint8_t numbers) {
  const uint32_t max_length = numbers & 31u, stride = (numbers >> 3) & 7u;
  const auto truncation = static_cast<Truncation>(numbers % 3);
  for (const Text* first : {static_cast<const Text*>(nullptr), &hint}) {
    const auto windows = encode_pair(tokenizer, first, text, max_length, stride, truncation);
    if (!windows) continue;
    for (const EncodedWindow& window : *windows) {
      require(window.ids.size() <= max_length);
      require(window.offsets.size() == window.ids.size() && window.type_ids.size() == window.ids.size());
    }
  }
}

const Tokenizer& wordpiece() {
  static const auto tokenizer = [] {
    const std::string dir = UIE_SOURCE_DIR "/tests/data/tokenizer/official";
    return load_tokenizer(dir).value();
  }();
  return *tokenizer;
}

const Tokenizer& sentencepiece() {
  static const auto tokenizer = load_tokenizer(UIE_SOURCE_DIR "/tests/data/tokenizer/spm").value();
  return *tokenizer;
}

// Slow (a table of every code point), so only for short inputs.
void check_vocabulary(std::string_view bytes, const Text& text) {
  auto vocabulary = Vocabulary::parse("[UNK]\n[CLS]\n[SEP]\n" + std::string(bytes), "fuzz");
  if (!vocabulary) return;
  const auto tokenizer = WordPieceTokenizer::make(std::move(*vocabulary), {{}, true}, "fuzz");
  require(tokenizer.has_value());
  check_offsets(**tokenizer, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const size_t middle = bytes.empty() ? 0 : data[1] % bytes.size();
  require(Text::from_utf8(bytes).has_value() == is_valid_utf8(bytes));
  const Text hint = repaired(bytes.substr(0, middle)), text = repaired(bytes.substr(middle));
  if (data[0] % 64 == 63 && middle < 64) {
    check_vocabulary(hint.bytes(), text);
    return 0;
  }
  const Tokenizer& tokenizer = data[0] % 2 ? wordpiece() : sentencepiece();
  check_offsets(tokenizer, text);
  check_windows(tokenizer, hint, text, data[2]);
  return 0;
}
