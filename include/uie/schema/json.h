// The one place where JSON is read and written safely: UTF-8 checked first, depth and size capped, never throws.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "uie/base/result.h"
#include "uie/schema/extracted.h"
#include "uie/schema/task.h"
#include "uie/text/text.h"

namespace uie {

using Json = nlohmann::ordered_json;

// Errors: too_large, or invalid_request with `where` = "byte N" or a JSON pointer. Depth is checked while parsing,
// so that 100,000 brackets cost nothing.
Result<Json> parse_json(std::string_view bytes, const SchemaLimits& limits);

// Never throws: invalid UTF-8 becomes U+FFFD. indent < 0: one line.
std::string dump_json(const Json& json, int indent = -1);

// RFC 6901: escapes ~ and / in one token of a pointer.
std::string pointer_token(std::string_view token);

Result<Schema> parse_schema(const Json& json, const SchemaLimits& limits, std::string_view pointer = "");
Result<TaskOptions> parse_options(const Json& json, std::string_view pointer = "");

// A schema back as JSON (leaves are null).
Json to_json(const SchemaNode& root);

// The native tuple list [[{"type","span","offset":[b,e],"confidence"}, …], …]; confidence has 4 decimals.
// `text` is the caller's text: needed to convert offsets to other units.
Json chains_to_json(const std::vector<Chain>& chains, const Text& text, OffsetUnit unit, bool with_confidence = true);

// RFC 9457 problem details without status and instance, as used line-wise: {"title","detail","pointer"?}.
Json error_to_json(const Error& error);

}  // namespace uie
