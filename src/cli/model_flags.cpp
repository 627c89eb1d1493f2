#include "cli/model_flags.h"

#include <algorithm>

namespace uie::cli {
namespace {

constexpr const char* kDefaultName = "default";
constexpr size_t kLongestName = 64;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

Unexpected refuse(const std::string& flag, const std::string& why) {
  return fail(ErrorCode::invalid_request, "--model " + flag + ": " + why);
}

Result<ModelFlag> parse_flag(const std::string& flag) {
  const size_t equals = flag.find('=');
  const bool named = equals != std::string::npos && flag.find('/') >= equals;
  const std::string name = named ? flag.substr(0, equals) : kDefaultName;
  std::string dir = named ? flag.substr(equals + 1) : flag;
  while (dir.size() > 1 && dir.ends_with('/')) dir.pop_back();  // so that its last component is its name
  if (name.empty()) return refuse(flag, "the name before '=' is empty; write NAME=DIR");
  if (dir.empty()) return refuse(flag, "the directory is empty; write NAME=DIR");
  if (name.size() > kLongestName || !std::all_of(name.begin(), name.end(), is_name_char)) {
    return refuse(flag, "a model's name is 1 to " + std::to_string(kLongestName) + " letters, digits, '.', '_' or '-'");
  }
  return ModelFlag{name, dir};
}

}  // namespace

Result<std::vector<ModelFlag>> parse_model_flags(const std::vector<std::string>& flags) {
  std::vector<ModelFlag> models;
  for (const std::string& flag : flags) {
    auto model = parse_flag(flag);
    if (!model) return Unexpected(model.error());
    const auto same = [&](const ModelFlag& other) { return other.name == model->name; };
    if (const auto twin = std::find_if(models.begin(), models.end(), same); twin != models.end()) {
      return refuse(flag, "the name '" + model->name + "' is already that of " + twin->dir.string() +
                              "; give each model its own, as NAME=DIR");
    }
    models.push_back(std::move(*model));
  }
  return models;
}

}  // namespace uie::cli
