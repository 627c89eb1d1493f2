// uie tokenize: token ids and offsets of JSON lines, special tokens included.
#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/line_file.h"
#include "cli/runtime.h"
#include "cli/task_line.h"
#include "uie/base/log.h"
#include "uie/text/tokenizer.h"

namespace uie::cli {
namespace {

struct TokenizeCommand {
  std::string model, input = "-";
  Options options;

  int run();
};

Json window_json(const EncodedWindow& window, bool with_types) {
  Json offsets = Json::array();
  for (const auto& [begin, end] : window.offsets) offsets.push_back({begin, end});
  Json json{{"ids", window.ids}, {"offsets", std::move(offsets)}};
  if (with_types) json["type_ids"] = window.type_ids;
  return json;
}

Result<Truncation> truncation_of(const std::string& name) {
  if (name == "only_second") return Truncation::only_second;
  if (name == "only_first") return Truncation::only_first;
  if (name == "longest_first") return Truncation::longest_first;
  return fail(ErrorCode::invalid_request, "must be only_first, only_second or longest_first", "/truncation");
}

Result<uint32_t> number_member(const Json& line, const char* key, uint32_t fallback) {
  const auto found = line.find(key);
  if (found == line.end()) return fallback;
  if (!found->is_number_unsigned() || found->get<uint64_t>() > (1u << 30)) {
    return fail(ErrorCode::invalid_request, std::string("\"") + key + "\" must be a whole number from 0",
                std::string("/") + key);
  }
  return found->get<uint32_t>();
}

bool is_windowed(const Json& line) { return line.contains("hint") || line.contains("max_length"); }

Result<Json> tokenize_line(const Tokenizer& tokenizer, std::string_view bytes, const SchemaLimits& limits) {
  auto line = parse_json(bytes, limits);
  if (!line) return Unexpected(line.error());
  if (!line->is_object()) return fail(ErrorCode::invalid_request, "a line must be a JSON object with \"text\"");
  auto text = text_member(*line, "text", limits);
  if (!text) return Unexpected(text.error());
  if (!is_windowed(*line)) {
    // Room for every token: a code point gives three at most (Hangul), and the frame.
    const auto room = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{4} * text->size() + 16, 1u << 30));
    auto windows = encode_pair(tokenizer, nullptr, *text, room, 0, Truncation::longest_first);
    if (!windows) return Unexpected(windows.error());
    return window_json(windows->front(), false);
  }
  std::optional<Text> hint;
  if (const auto found = line->find("hint"); found != line->end() && !found->is_null()) {
    auto parsed = text_member(*line, "hint", limits);
    if (!parsed) return Unexpected(parsed.error());
    hint = std::move(*parsed);
  }
  const auto max_length = number_member(*line, "max_length", 512);
  if (!max_length) return Unexpected(max_length.error());
  const auto stride = number_member(*line, "stride", 0);
  if (!stride) return Unexpected(stride.error());
  const auto truncation = truncation_of(line->value("truncation", std::string("only_second")));
  if (!truncation) return Unexpected(truncation.error());
  auto windows = encode_pair(tokenizer, hint ? &*hint : nullptr, *text, *max_length, *stride, *truncation);
  if (!windows) return Json{{"error", windows.error().message}};
  Json list = Json::array();
  for (const auto& window : *windows) list.push_back(window_json(window, true));
  return Json{{"windows", std::move(list)}};
}

int TokenizeCommand::run() {
  init_log(options.log.level, options.log.format);
  const auto dir = model.empty() ? default_model_dir() : std::filesystem::path(model);
  auto tokenizer = load_tokenizer(dir);
  if (!tokenizer) return start_failure(tokenizer.error());
  auto lines = LineFile::open(input);
  if (!lines) return start_failure(lines.error());
  std::string line;
  while (true) {
    auto more = lines->next(line);
    if (!more) return start_failure(more.error());
    if (!*more) return 0;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto answer = tokenize_line(**tokenizer, line, options.limits);
    std::cout << dump_json(answer ? *answer : Json{{"error", error_to_json(answer.error())}}) << '\n' << std::flush;
  }
}

}  // namespace

void add_tokenize(CLI::App& app, int& status) {
  auto command = std::make_shared<TokenizeCommand>();
  CLI::App* sub = app.add_subcommand(
      "tokenize",
      "token ids and offsets of JSON lines {\"text\"} or {\"hint\",\"text\",\"stride\",\"max_length\",\"truncation\"}");
  sub->add_option("--model", command->model, "folder with vocab.txt or spm.model; weights are not needed")
      ->envname("UIE_MODEL")
      ->type_name("DIR");
  sub->add_option("--input", command->input, "file to read (.xz is read); - is stdin")
      ->capture_default_str()
      ->type_name("FILE");
  bind_engine_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
