#include "server/read_text.h"

namespace uie {

Result<Text> read_text(const Json& json, const SchemaLimits& limits, const std::string& pointer) {
  if (!json.is_string()) return fail(ErrorCode::invalid_request, "a text must be a string", pointer);
  auto text = Text::from_utf8(json.get_ref<const std::string&>());
  if (!text) return fail(text.error().code, text.error().message, pointer);
  if (text->size() > limits.max_text_chars) {
    return fail(ErrorCode::too_large,
                "the text has " + std::to_string(text->size()) + " characters; at most " +
                    std::to_string(limits.max_text_chars) + " are taken",
                pointer);
  }
  return text;
}

}  // namespace uie
