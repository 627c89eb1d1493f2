// Answers as JSON.
#include <algorithm>
#include <cmath>

#include "schema/ordered_members.h"
#include "uie/schema/json.h"

namespace uie {
namespace {

// Code points of one text → the unit the client counts in.
class OffsetMap {
 public:
  OffsetMap(const Text& text, OffsetUnit unit) : text_(text), unit_(unit) {
    if (unit == OffsetUnit::utf16) utf16_ = text.utf16_offsets();
  }

  uint32_t operator()(uint32_t code_point) const {
    if (unit_ == OffsetUnit::codepoint) return code_point;
    // An offset past the end can only be the [0, L] of a classification item; it keeps its distance to the end.
    const uint32_t inside = std::min(code_point, text_.size());
    const uint32_t base = unit_ == OffsetUnit::utf16 ? utf16_[inside] : text_.byte_offset(inside);
    return base + (code_point - inside);
  }

 private:
  const Text& text_;
  OffsetUnit unit_;
  std::vector<uint32_t> utf16_;
};

double four_decimals(double value) { return std::round(value * 1e4) / 1e4; }

Json item_to_json(const Item& item, const OffsetMap& offset, bool with_confidence) {
  Json json{{"type", item.type}, {"span", item.span}, {"offset", {offset(item.begin), offset(item.end)}}};
  if (with_confidence) json["confidence"] = four_decimals(item.confidence);
  return json;
}

std::string_view title(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
      return "Invalid request";
    case ErrorCode::unauthorised:
      return "Unauthorised";
    case ErrorCode::not_found:
      return "Not found";
    case ErrorCode::too_large:
      return "Too large";
    case ErrorCode::overloaded:
      return "Overloaded";
    case ErrorCode::deadline:
      return "Deadline passed";
    case ErrorCode::cancelled:
      return "Cancelled";
    case ErrorCode::unavailable:
      return "Unavailable";
    case ErrorCode::corrupt_checkpoint:
      return "Unusable model";
    case ErrorCode::unsupported:
      return "Unsupported";
    case ErrorCode::internal:
      return "Internal error";
  }
  return "Internal error";
}

}  // namespace

std::string dump_json(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string pointer_token(std::string_view token) {
  std::string escaped;
  escaped.reserve(token.size());
  for (const char c : token) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Json to_json(const SchemaNode& root) {
  Json json = Json::object();
  auto& members = json.get_ref<Json::object_t&>();
  for (const SchemaNode& child : root.children) {
    append_new_member(members, child.label, child.is_leaf() ? Json(nullptr) : to_json(child));
  }
  return json;
}

Json chains_to_json(const std::vector<Chain>& chains, const Text& text, OffsetUnit unit, bool with_confidence) {
  const OffsetMap offset(text, unit);
  Json list = Json::array();
  for (const Chain& chain : chains) {
    Json items = Json::array();
    for (const Item& item : chain) items.push_back(item_to_json(item, offset, with_confidence));
    list.push_back(std::move(items));
  }
  return list;
}

Json error_to_json(const Error& error) {
  Json json{{"title", title(error.code)}};
  if (error.code == ErrorCode::internal) {  // details belong in the log
    json["detail"] = "something went wrong here; the log has the details";
    return json;
  }
  const bool client_side = error.code == ErrorCode::invalid_request || error.code == ErrorCode::too_large ||
                           error.code == ErrorCode::unsupported || error.code == ErrorCode::not_found;
  const bool is_pointer = client_side && error.where.starts_with('/');
  json["detail"] =
      is_pointer || !client_side || error.where.empty() ? error.message : error.message + " (" + error.where + ")";
  if (is_pointer) json["pointer"] = error.where;
  return json;
}

}  // namespace uie
