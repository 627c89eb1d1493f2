// `options` of a request (spec/interface.md §2.1). An option that is not known is refused: a misspelt one would
// otherwise silently do nothing.
#include <cmath>
#include <limits>

#include "uie/schema/json.h"

namespace uie {
namespace {

constexpr uint32_t kMaxCount = std::numeric_limits<int32_t>::max();

// One option: what stands in `json`, found at `pointer`.
struct Value {
  const Json& json;
  std::string pointer;

  Result<void> refuse(const std::string& right) const {
    return fail(ErrorCode::invalid_request, "this option must be " + right, pointer);
  }
};

Result<void> read_probability(const Value& value, double& out) {
  const double number = value.json.is_number() ? value.json.get<double>() : -1;
  if (!(number >= 0 && number <= 1)) return value.refuse("a number from 0 to 1");
  out = number;
  return {};
}

Result<void> read_thresholds(const Value& value, std::vector<std::pair<std::string, double>>& out) {
  if (!value.json.is_object()) return value.refuse("an object that maps labels to numbers from 0 to 1");
  for (const auto& [label, number] : value.json.get_ref<const Json::object_t&>()) {
    double threshold = 0;
    if (auto read = read_probability({number, value.pointer + "/" + pointer_token(label)}, threshold); !read)
      return read;
    out.emplace_back(label, threshold);
  }
  return {};
}

Result<void> read_offsets(const Value& value, OffsetUnit& out) {
  if (value.json == "codepoint") {
    out = OffsetUnit::codepoint;
  } else if (value.json == "utf16") {
    out = OffsetUnit::utf16;
  } else if (value.json == "utf8") {
    out = OffsetUnit::utf8;
  } else {
    return value.refuse(R"("codepoint", "utf16" or "utf8")");
  }
  return {};
}

// A whole number from 1; null leaves the option unset.
Result<void> read_count(const Value& value, std::optional<uint32_t>& out) {
  if (value.json.is_null()) return {};
  const double number = value.json.is_number() ? value.json.get<double>() : 0;
  if (!(number >= 1 && number <= kMaxCount) || number != std::floor(number)) {
    return value.refuse("a whole number, at least 1");
  }
  out = static_cast<uint32_t>(number);
  return {};
}

Result<void> read_bool(const Value& value, bool& out) {
  if (!value.json.is_boolean()) return value.refuse("true or false");
  out = value.json.get<bool>();
  return {};
}

Result<void> read_option(const std::string& name, const Value& value, TaskOptions& out) {
  if (name == "threshold") return read_probability(value, out.threshold);
  if (name == "thresholds") return read_thresholds(value, out.thresholds);
  if (name == "offsets") return read_offsets(value, out.offsets);
  if (name == "deadline_ms") return read_count(value, out.deadline_ms);
  if (name == "max_windows") return read_count(value, out.max_windows);
  if (name == "output_all_prefix") return read_bool(value, out.output_all_prefix);
  if (name == "native") return read_bool(value, out.native);
  return fail(
      ErrorCode::invalid_request,
      "unknown option; known are threshold, thresholds, offsets, deadline_ms, max_windows, output_all_prefix, native",
      value.pointer);
}

}  // namespace

Result<TaskOptions> parse_options(const Json& json, std::string_view pointer) {
  TaskOptions options;
  if (json.is_null()) return options;
  if (!json.is_object()) {
    return fail(ErrorCode::invalid_request, R"(options must be an object, as {"threshold": 0.6})",
                std::string(pointer));
  }
  for (const auto& [name, value] : json.get_ref<const Json::object_t&>()) {
    const Value found{value, std::string(pointer) + "/" + pointer_token(name)};
    if (auto read = read_option(name, found, options); !read) return tl::unexpected(read.error());
  }
  return options;
}

}  // namespace uie
