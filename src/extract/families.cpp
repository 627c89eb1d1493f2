// The table of model families: which one a model directory belongs to.
#include <array>
#include <fstream>
#include <sstream>

#include "extract/rex_family.h"
#include "extract/task_family.h"
#include "uie/schema/json.h"

namespace uie {
namespace {

using Builder = Result<std::shared_ptr<const Family>> (*)(std::shared_ptr<const Tokenizer>, const ExtractOptions&);

struct FamilyRow {
  std::string_view model_type;  // of config.json
  std::string_view name;        // for people
  Builder build;                // null: known, not built yet
};

constexpr std::array kFamilies = {
    FamilyRow{"deberta-v2", "RexUniNLU", make_rex_family},
    FamilyRow{"bert", "SiameseUIE", nullptr},
};

Result<std::string> model_type(const std::filesystem::path& config) {
  std::ifstream file(config, std::ios::binary);
  if (!file)
    return fail(ErrorCode::corrupt_checkpoint, "cannot be read; a model directory holds a config.json", config);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto json = parse_json(bytes.view(), SchemaLimits{});
  if (!json) return fail(ErrorCode::corrupt_checkpoint, json.error().message + " (" + json.error().where + ")", config);
  const auto found = json->is_object() ? json->find("model_type") : json->end();
  if (found == json->end() || !found->is_string()) {
    return fail(ErrorCode::corrupt_checkpoint, R"(says no "model_type"; for RexUniNLU it is "deberta-v2")", config);
  }
  return found->get<std::string>();
}

std::string supported_types() {
  std::string list;
  for (const FamilyRow& row : kFamilies) {
    if (row.build == nullptr) continue;
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
    if (row.model_type != *type || row.build == nullptr) continue;
    auto tokenizer = load_tokenizer(model_dir);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    return row.build(std::move(*tokenizer), options).map(with_named_tasks);
  }
  return fail(ErrorCode::unsupported, "model type \"" + *type + "\" is not supported; supported: " + supported_types(),
              config);
}

}  // namespace uie
