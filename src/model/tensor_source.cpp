#include "model/tensor_source.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "uie/base/log.h"

namespace uie::model {
namespace {

constexpr std::string_view kParallel = "module.";

std::string to_string(const TensorSource::Shape& shape) {
  std::string text = "[";
  for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

bool fits(const TensorSource::Shape& have, const TensorSource::Shape& want, TensorSource::Rows rows) {
  if (rows == TensorSource::Rows::exact || have.empty()) return have == want;
  return have.size() == want.size() && have[0] >= want[0] && std::equal(have.begin() + 1, have.end(), want.begin() + 1);
}

// As the library that loads reference weights renames them.
std::string modern(std::string name) {
  for (const auto& [old, today] : {std::pair("gamma", "weight"), std::pair("beta", "bias")}) {
    if (name.ends_with(old)) return name.replace(name.size() - std::string_view(old).size(), name.npos, today);
  }
  return name;
}

}  // namespace

TensorSource::TensorSource(const checkpoint::Reader& reader) : reader_(reader) {
  const std::vector<std::string> names = reader.model_names();
  const bool parallel =
      std::all_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with(kParallel); });
  const auto plain = [&](const std::string& name) { return parallel ? name.substr(kParallel.size()) : name; };
  for (const std::string& name : names) stored_.emplace(plain(name), name);
  for (const std::string& name : names) {  // after all names that are spelled as today: they come first
    const std::string today = modern(plain(name));
    if (stored_.emplace(today, name).second) stored_.erase(plain(name));
  }
  for (const auto& [name, stored] : stored_) unused_.insert(name);
}

std::vector<float> TensorSource::take(const std::string& name, const Shape& shape, Rows rows) {
  unused_.erase(name);
  const auto found = stored_.find(name);
  if (found == stored_.end()) return complain(name + " is missing"), std::vector<float>{};
  const auto view = reader_.tensor(found->second);
  if (!view) return complain(name + ": " + view.error().message), std::vector<float>{};
  if (!fits(view->shape, shape, rows)) {
    complain(name + " has shape " + to_string(view->shape) + ", not " + to_string(shape) +
             (rows == Rows::at_least ? " or more rows" : ""));
    return {};
  }
  auto numbers = reader_.floats(found->second);
  if (!numbers) return complain(name + ": " + numbers.error().message), std::vector<float>{};
  return std::move(*numbers);
}

LinearWeights TensorSource::linear(const std::string& name, const Shape& weight) {
  return {take(name + ".weight", weight), take(name + ".bias", {weight[0]})};
}

NormWeights TensorSource::norm(const std::string& name, int64_t hidden) {
  return {take(name + ".weight", {hidden}), take(name + ".bias", {hidden})};
}

void TensorSource::complain(const std::string& what) { complaints_ += (complaints_.empty() ? "" : "; ") + what; }

void TensorSource::log_unused() const {
  if (unused_.empty()) return;
  std::string line = "tensors that the model does not use (" + std::to_string(unused_.size()) + "):";
  for (const std::string& name : unused_) line += " " + name;
  log_info(line);
}

}  // namespace uie::model
