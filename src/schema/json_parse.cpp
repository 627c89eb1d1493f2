// Reading JSON from strangers. Three things the library does not do for us: it throws on invalid UTF-8, it builds
// documents of any depth (and then crashes writing them), and its ordered object looks a key up by walking all of them,
// so that one object with a million keys takes hours. So bytes and depth are checked before parsing, and the document
// is built by a SAX handler of our own that indexes the keys of large objects.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "schema/ordered_members.h"
#include "uie/schema/json.h"

namespace uie {
namespace {

// A value costs 16 to 100 bytes of memory for as little as 2 bytes of JSON; no real request comes near this.
constexpr size_t kMaxValues = 1'000'000;
// Below this many keys a walk is faster than a hash table.
constexpr size_t kIndexedObject = 16;

std::string at_byte(size_t byte) { return "byte " + std::to_string(byte); }

// Byte of the bracket that opens level `max_depth` + 1, or npos. Brackets within strings do not count.
size_t too_deep_at(std::string_view bytes, size_t max_depth) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

// "… parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: 'x'; expected …"
// → "syntax error while parsing value - invalid literal; expected …": what was read may be anything, also secrets.
std::string reason(std::string_view library_message) {
  size_t begin = library_message.find("column ");
  begin = begin == std::string_view::npos ? library_message.find("] ") : library_message.find(": ", begin);
  std::string text(begin == std::string_view::npos ? library_message : library_message.substr(begin + 2));
  const size_t last_read = text.find("; last read: ");
  if (last_read == std::string::npos) return text;
  const size_t expected = text.rfind("; expected ");
  return text.substr(0, last_read) +
         (expected == std::string::npos || expected < last_read ? "" : text.substr(expected));
}

struct OpenContainer {
  Json* json;
  std::string key;                                 // the last key read, objects only
  std::unordered_map<std::string, size_t> places;  // of all keys, once there are kIndexedObject of them
};

class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(Json(nullptr)); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }  // not in text JSON
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    error_ = Error{ErrorCode::invalid_request, "not valid JSON: " + reason(error.what()),
                   at_byte(position == 0 ? 0 : position - 1)};
    return false;
  }

  Json document;

  Error error() const { return error_; }

 private:
  bool add(Json&& value) { return place(std::move(value)) != nullptr; }

  bool open(Json&& container) {
    Json* placed = place(std::move(container));
    if (placed != nullptr) open_.push_back({placed, {}, {}});
    return placed != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json* place(Json&& value) {
    if (++values_ > kMaxValues) {
      error_ = Error{ErrorCode::too_large,
                     "the JSON document holds more than " + std::to_string(kMaxValues) + " values; send less at once",
                     {}};
      return nullptr;
    }
    if (open_.empty()) return &(document = std::move(value));
    OpenContainer& parent = open_.back();
    if (parent.json->is_object()) return place_member(parent, std::move(value));
    auto& array = parent.json->get_ref<Json::array_t&>();
    return &array.emplace_back(std::move(value));
  }

  // Of repeated keys the last value stays, at the place of the first.
  static Json* place_member(OpenContainer& parent, Json&& value) {
    auto& members = parent.json->get_ref<Json::object_t&>();
    const size_t place = find(parent, members);
    if (place < members.size())
      return &((members.begin() + static_cast<std::ptrdiff_t>(place))->second = std::move(value));
    if (!parent.places.empty()) parent.places.emplace(parent.key, members.size());
    return &append_new_member(members, std::move(parent.key), std::move(value));
  }

  // Index of the member with the key just read; the number of members when there is none.
  static size_t find(OpenContainer& parent, const Json::object_t& members) {
    if (members.size() < kIndexedObject) {
      const auto same_key = [&](const auto& member) { return member.first == parent.key; };
      return static_cast<size_t>(std::find_if(members.begin(), members.end(), same_key) - members.begin());
    }
    if (parent.places.empty()) {
      for (const auto& member : members) parent.places.emplace(member.first, parent.places.size());
    }
    const auto found = parent.places.find(parent.key);
    return found == parent.places.end() ? members.size() : found->second;
  }

  std::vector<OpenContainer> open_;
  size_t values_ = 0;
  Error error_{ErrorCode::invalid_request, "not valid JSON", {}};
};

}  // namespace

Result<Json> parse_json(std::string_view bytes, const SchemaLimits& limits) {
  if (bytes.size() > limits.max_json_bytes) {
    return fail(ErrorCode::too_large, "the JSON document has " + std::to_string(bytes.size()) + " bytes; at most " +
                                          std::to_string(limits.max_json_bytes) + " are taken");
  }
  size_t bad_byte = 0;
  if (!is_valid_utf8(bytes, &bad_byte)) {
    return fail(ErrorCode::invalid_request, "not valid UTF-8; JSON must be sent as UTF-8", at_byte(bad_byte));
  }
  if (const size_t deep = too_deep_at(bytes, limits.max_json_depth); deep != std::string_view::npos) {
    return fail(ErrorCode::invalid_request,
                "nested deeper than the limit of " + std::to_string(limits.max_json_depth) + " brackets",
                at_byte(deep));
  }
  try {
    Builder builder;
    if (!Json::sax_parse(bytes.begin(), bytes.end(), &builder)) return tl::unexpected(builder.error());
    return std::move(builder.document);
  } catch (const std::exception&) {  // out of memory; everything else comes through parse_error
    return fail(ErrorCode::too_large, "the JSON document does not fit into memory");
  }
}

}  // namespace uie
