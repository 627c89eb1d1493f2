#include "server/taskflow_schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace uie {
namespace {

constexpr const char* kRightSchema =
    R"(a schema is a label, a list of labels and objects, or an object as {"人物": ["年龄", "学校"]})";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Brings the forms to one, an object of labels, which parse_schema then checks. As deep as the JSON at most.
class FormReader {
 public:
  explicit FormReader(const SchemaLimits& limits) : limits_(limits) {}

  Result<void> add(const Json& form, const std::string& pointer, Json& into) {
    if (form.is_string()) return add_label(form.get_ref<const std::string&>(), pointer, into);
    if (form.is_object()) return add_object(form, pointer, into);
    if (form.is_array()) return add_list(form, pointer, into);
    return fail(ErrorCode::invalid_request, kRightSchema, pointer);
  }

 private:
  Result<void> add_label(const std::string& label, const std::string& pointer, Json& into) {
    return slot(label, pointer, into).map([](Json*) {});
  }

  Result<void> add_list(const Json& list, const std::string& pointer, Json& into) {
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string place = pointer + "/" + std::to_string(i);
      if (!list[i].is_string() && !list[i].is_object()) return fail(ErrorCode::invalid_request, kRightSchema, place);
      if (auto added = add(list[i], place, into); !added) return added;
    }
    return {};
  }

  Result<void> add_object(const Json& object, const std::string& pointer, Json& into) {
    for (const auto& [label, below] : object.get_ref<const Json::object_t&>()) {
      const std::string place = pointer + "/" + pointer_token(label);
      auto child = slot(label, place, into);
      if (!child) return tl::unexpected(std::move(child.error()));
      if (below.is_null()) continue;
      if ((*child)->is_null()) **child = Json::object();
      if (auto added = add(below, place, **child); !added) return added;
    }
    return {};
  }

  // Finding one label among many walks over them: the limit holds here already.
  Result<Json*> slot(const std::string& label, const std::string& pointer, Json& into) {
    if (++labels_ > limits_.max_labels) {
      return fail(ErrorCode::invalid_request,
                  "the schema has more than " + std::to_string(limits_.max_labels) + " labels in all, the limit",
                  pointer);
    }
    return &into[std::string(trimmed(label))];
  }

  const SchemaLimits& limits_;
  size_t labels_ = 0;
};

// At ASCII and full-width commas.
std::vector<std::string> split_options(std::string_view text) {
  constexpr std::string_view wide_comma = "，";
  std::vector<std::string> options;
  while (true) {
    const size_t narrow = text.find(','), wide = text.find(wide_comma), end = std::min(narrow, wide);
    const std::string_view option = trimmed(text.substr(0, end));
    if (!option.empty()) options.emplace_back(option);
    if (end == std::string_view::npos) return options;
    text.remove_prefix(end + (wide < narrow ? wide_comma.size() : 1));
  }
}

}  // namespace

Result<Schema> parse_taskflow_schema(const Json& json, const SchemaLimits& limits, const std::string& pointer) {
  Json object = Json::object();
  if (auto added = FormReader(limits).add(json, pointer, object); !added) return tl::unexpected(added.error());
  if (object.empty()) return fail(ErrorCode::invalid_request, "the schema names no label", pointer);
  return parse_schema(object, limits, pointer);
}

const std::string& asked_label(const SchemaNode& parent, const SchemaNode& child) {
  static const std::array<std::pair<std::string, std::string>, 2> words{{{"评价维度", "属性词"}, {"观点词", "情感词"}}};
  for (const auto& [theirs, ours] : words) {
    const auto is_ours = [&name = ours](const SchemaNode& node) { return node.label == name; };
    if (child.label == theirs && std::none_of(parent.children.begin(), parent.children.end(), is_ours)) return ours;
  }
  return child.label;
}

std::optional<Choice> read_choice(const SchemaNode& node) {
  const std::string_view label = node.label;
  const size_t open = label.find('[');
  if (!node.is_leaf() || !label.ends_with(']') || open == std::string_view::npos) return std::nullopt;
  Choice choice{std::string(trimmed(label.substr(0, open))),
                split_options(label.substr(open + 1, label.size() - open - 2))};
  if (choice.options.empty()) return std::nullopt;
  return choice;
}

}  // namespace uie
