// The schema tree: one recursive rule, label → object or null, checked against the limits as it is read.
#include <algorithm>
#include <string>

#include "uie/schema/json.h"

namespace uie {
namespace {

constexpr const char* kRightSchema =
    R"(a schema is an object that maps each label to null or to an object of labels below it, as {"人物": {"年龄": null}})";

std::string kind_of(const Json& json) { return json.is_null() ? "null" : std::string("a JSON ") + json.type_name(); }

class TreeReader {
 public:
  TreeReader(const SchemaLimits& limits, std::string_view pointer) : limits_(limits), pointer_(pointer) {}

  // Fills the children of `node` from `json`, an object; `depth` labels stand above it.
  Result<void> read_children(const Json& json, size_t depth, SchemaNode& node) {
    node.children.reserve(json.size());
    for (const auto& [label, child] : json.get_ref<const Json::object_t&>()) {
      const size_t outer = pointer_.size();
      pointer_ += '/' + pointer_token(label);
      if (auto checked = check_label(label, depth + 1); !checked) return checked;
      node.children.push_back({label, {}});
      if (auto read = read_child(child, depth + 1, node.children.back()); !read) return read;
      pointer_.resize(outer);
    }
    return {};
  }

 private:
  Result<void> read_child(const Json& json, size_t depth, SchemaNode& node) {
    if (json.is_null()) return {};
    if (json.is_object()) return read_children(json, depth, node);
    return refuse("below a label stands " + kind_of(json) + "; " + kRightSchema);
  }

  Result<void> check_label(const std::string& label, size_t depth) {
    if (++labels_ > limits_.max_labels) return refuse_over("labels in all", limits_.max_labels);
    if (depth > limits_.max_depth) return refuse_over("levels", limits_.max_depth);
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    const auto chars = static_cast<size_t>(std::count_if(label.begin(), label.end(), is_start));
    if (chars > limits_.max_label_chars) return refuse_over("code points in one label", limits_.max_label_chars);
    return {};
  }

  Result<void> refuse_over(std::string_view what, size_t limit) {
    return refuse("the schema has more than " + std::to_string(limit) + " " + std::string(what) +
                  ", the limit; ask for less at once");
  }

  Result<void> refuse(std::string message) {
    return fail(ErrorCode::invalid_request, std::move(message), std::move(pointer_));
  }

  const SchemaLimits& limits_;
  std::string pointer_;
  size_t labels_ = 0;
};

Result<Schema> read_object(const Json& json, const SchemaLimits& limits, std::string_view pointer) {
  if (!json.is_object()) {
    return fail(ErrorCode::invalid_request, "the schema is " + kind_of(json) + "; " + kRightSchema,
                std::string(pointer));
  }
  auto root = std::make_shared<SchemaNode>();
  TreeReader reader(limits, pointer);
  if (auto read = reader.read_children(json, 0, *root); !read) return tl::unexpected(read.error());
  return Schema(std::move(root));
}

}  // namespace

Result<Schema> parse_schema(const Json& json, const SchemaLimits& limits, std::string_view pointer) {
  if (!json.is_string()) return read_object(json, limits, pointer);
  auto inner = parse_json(json.get_ref<const std::string&>(), limits);
  if (!inner) {
    const std::string place = inner.error().where.empty() ? "" : " (" + inner.error().where + " of the string)";
    return fail(inner.error().code,
                "the schema is a string, which must hold a JSON object: " + inner.error().message + place,
                std::string(pointer));
  }
  return read_object(*inner, limits, pointer);
}

Result<Schema> parse_schema(std::string_view json, const SchemaLimits& limits, std::string_view pointer) {
  auto parsed = parse_json(json, limits);
  if (!parsed) return tl::unexpected(parsed.error());
  return parse_schema(*parsed, limits, pointer);
}

}  // namespace uie
