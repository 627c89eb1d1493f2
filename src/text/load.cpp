// load_tokenizer: which tokeniser a model directory asks for.
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "text/spm_tokenizer.h"
#include "text/wordpiece.h"
#include "uie/text/tokenizer.h"

namespace uie {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return fail(ErrorCode::corrupt_checkpoint, "cannot be read", path.string());
  return bytes;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The object in a JSON file; an empty one where there is no file.
Result<Json> read_object(const fs::path& path) {
  if (!is_file(path)) return Json::object();
  const auto bytes = read_file(path);
  if (!bytes) return Unexpected(bytes.error());
  Json json = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(ErrorCode::corrupt_checkpoint, "must hold a JSON object", path.string());
  return json;
}

// A switch of tokenizer_config.json: true, false or, like an absent one, null.
Result<bool> read_switch(const Json& config, const char* name, bool fallback, const fs::path& path) {
  const auto found = config.find(name);
  if (found == config.end() || found->is_null()) return fallback;
  if (found->is_boolean()) return found->get<bool>();
  return fail(ErrorCode::corrupt_checkpoint, std::string(name) + " must be true, false or null", path.string());
}

Result<CharOptions> read_char_options(const fs::path& path) {
  const auto config = read_object(path);
  if (!config) return Unexpected(config.error());
  const auto lower_case = read_switch(*config, "do_lower_case", true, path);
  if (!lower_case) return Unexpected(lower_case.error());
  const auto split_cjk = read_switch(*config, "tokenize_chinese_chars", true, path);
  if (!split_cjk) return Unexpected(split_cjk.error());
  const auto strip_accents = read_switch(*config, "strip_accents", *lower_case, path);
  if (!strip_accents) return Unexpected(strip_accents.error());
  if (*strip_accents != *lower_case) {
    return fail(ErrorCode::unsupported, "strip_accents must be null or the same as do_lower_case", path.string());
  }
  return CharOptions{*lower_case, *split_cjk};
}

Result<bool> is_rex(const fs::path& path) {
  const auto config = read_object(path);
  if (!config) return Unexpected(config.error());
  const auto type = config->find("model_type");
  return type != config->end() && *type == "deberta-v2";
}

Result<std::shared_ptr<const Tokenizer>> load_wordpiece(const fs::path& dir, bool rex_specials) {
  const fs::path path = dir / "vocab.txt";
  auto bytes = read_file(path);
  if (!bytes) return Unexpected(bytes.error());
  auto vocabulary = Vocabulary::parse(std::move(*bytes), path.string());
  if (!vocabulary) return Unexpected(vocabulary.error());
  const auto chars = read_char_options(dir / "tokenizer_config.json");
  if (!chars) return Unexpected(chars.error());
  return WordPieceTokenizer::make(std::move(*vocabulary), {*chars, rex_specials}, path.string());
}

Result<std::shared_ptr<const Tokenizer>> load_spm(const fs::path& dir, bool rex_specials) {
  const fs::path path = dir / "spm.model";
  const auto bytes = read_file(path);
  if (!bytes) return Unexpected(bytes.error());
  return SpmTokenizer::make(*bytes, rex_specials, path.string());
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const fs::path& model_dir) {
  const auto rex = is_rex(model_dir / "config.json");
  if (!rex) return Unexpected(rex.error());
  if (is_file(model_dir / "vocab.txt")) return load_wordpiece(model_dir, *rex);
  if (is_file(model_dir / "spm.model")) return load_spm(model_dir, *rex);
  return fail(ErrorCode::corrupt_checkpoint, "the model directory must hold vocab.txt or spm.model",
              model_dir.string());
}

}  // namespace uie
