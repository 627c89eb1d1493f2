// The table of model families: which one a model directory belongs to.
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

#include "extract/rex_family.h"
#include "extract/siamese_family.h"
#include "extract/task_family.h"
#include "uie/schema/json.h"

namespace uie {
namespace {

// What a family is built from.
struct ModelFolder {
  std::string task;  // of configuration.json, empty where it says none
  std::shared_ptr<const Tokenizer> tokenizer;
  const ExtractOptions& options;
};

using Builder = Result<std::shared_ptr<const Family>> (*)(ModelFolder);

struct FamilyRow {
  std::string_view model_type;  // of config.json
  std::string_view name;        // for people
  Builder build;
};

constexpr std::array kFamilies = {
    FamilyRow{"deberta-v2", "RexUniNLU",
              [](ModelFolder folder) { return make_rex_family(std::move(folder.tokenizer), folder.options); }},
    FamilyRow{"bert", "SiameseUIE",
              [](ModelFolder folder) {
                return make_siamese_family(folder.task, std::move(folder.tokenizer), folder.options);
              }},
};

std::optional<std::string> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

Result<std::string> model_type(const std::filesystem::path& config) {
  const auto bytes = bytes_of(config);
  if (!bytes)
    return fail(ErrorCode::corrupt_checkpoint, "cannot be read; a model directory holds a config.json", config);
  const auto json = parse_json(*bytes, SchemaLimits{});
  if (!json) return fail(ErrorCode::corrupt_checkpoint, json.error().message + " (" + json.error().where + ")", config);
  const auto found = json->is_object() ? json->find("model_type") : json->end();
  if (found == json->end() || !found->is_string()) {
    return fail(ErrorCode::corrupt_checkpoint, R"(says no "model_type"; for RexUniNLU it is "deberta-v2")", config);
  }
  return found->get<std::string>();
}

// Only a name hangs on it: a file that cannot be read says nothing.
std::string task_of(const std::filesystem::path& configuration) {
  const auto json = parse_json(bytes_of(configuration).value_or(""), SchemaLimits{});
  if (!json || !json->is_object()) return {};
  const auto found = json->find("task");
  return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string supported_types() {
  std::string list;
  for (const FamilyRow& row : kFamilies) {
    list += (list.empty() ? "" : ", ") + std::string(row.model_type) + " (" + std::string(row.name) + ")";
  }
  return list;
}

}  // namespace

Result<std::shared_ptr<const Family>> load_family(const std::filesystem::path& model_dir,
                                                  const ExtractOptions& options) {
  const auto config = model_dir / "config.json";
  const auto type = model_type(config);
  if (!type) return tl::unexpected(type.error());
  for (const FamilyRow& row : kFamilies) {
    if (row.model_type != *type) continue;
    auto tokenizer = load_tokenizer(model_dir);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    return row.build({task_of(model_dir / "configuration.json"), std::move(*tokenizer), options}).map(with_named_tasks);
  }
  return fail(ErrorCode::unsupported, "model type \"" + *type + "\" is not supported; supported: " + supported_types(),
              config);
}

}  // namespace uie
