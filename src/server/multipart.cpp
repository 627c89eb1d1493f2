#include "server/multipart.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace uie {
namespace {

constexpr size_t most_parts = 64, longest_head = 8u << 10, longest_boundary = 70;
constexpr std::string_view line_end = "\r\n", blank = " \t";

Unexpected broken(const char* what) { return fail(ErrorCode::invalid_request, std::string("the form ") + what); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
  return text.substr(0, text.find_last_not_of(blank) + 1);
}

// Takes `"a \"b\""` or a bare word off the front. In quotes only \" and \\ are escapes: a Windows path is none.
std::string take_value(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('"')) {
    value = trimmed(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    return value;
  }
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    if (rest.starts_with("\\\"") || rest.starts_with("\\\\")) rest.remove_prefix(1);
    value += rest.front();
    rest.remove_prefix(1);
  }
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  return value;
}

// The parameter of a header value `word; name=value; name="value"`; the first of its name.
std::optional<std::string> parameter(std::string_view value, std::string_view name) {
  value.remove_prefix(std::min(value.find(';'), value.size()));
  while (value.starts_with(';')) {
    value.remove_prefix(1);
    const size_t equals = value.find_first_of("=;");
    if (equals == std::string_view::npos) break;
    const std::string own = lower(trimmed(value.substr(0, equals)));
    value.remove_prefix(equals);
    if (value.starts_with(';')) continue;
    value.remove_prefix(1);
    value.remove_prefix(std::min(value.find_first_not_of(blank), value.size()));
    std::string found = take_value(value);
    if (own == name) return found;
  }
  return std::nullopt;
}

// What stands before `mark`, which is taken off with it; nothing when it is not there, or begins only after `longest`.
std::optional<std::string_view> take_until(std::string_view& rest, std::string_view mark,
                                           size_t longest = SIZE_MAX / 2) {
  const size_t end = rest.substr(0, longest + mark.size()).find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view before = rest.substr(0, end);
  rest.remove_prefix(end + mark.size());
  return before;
}

Result<FormPart> read_head(std::string_view head) {
  FormPart part;
  bool named = false;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find(line_end));
    head.remove_prefix(std::min(head.size(), line.size() + line_end.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return broken("has a part with a broken header line");
    const std::string name = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-type") part.content_type = value;
    if (name == "content-transfer-encoding") {
      const std::string encoding = lower(value);
      if (encoding != "binary" && encoding != "8bit" && encoding != "7bit") return broken("has an encoded part");
    }
    if (name != "content-disposition" || !lower(value).starts_with("form-data")) continue;
    auto own = parameter(value, "name");
    named = own.has_value();
    part.name = std::move(own).value_or("");
    part.filename = parameter(value, "filename");
  }
  if (!named) return broken("has a part without a name");
  return part;
}

}  // namespace

Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body) {
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > longest_boundary) return broken("names no boundary");
  const std::string delimiter = "\r\n--" + *boundary;
  std::string_view rest = body;
  if (rest.starts_with(std::string_view(delimiter).substr(2))) {
    rest.remove_prefix(delimiter.size() - 2);
  } else if (!take_until(rest, delimiter)) {  // what stands before the first one is nobody's
    return broken("does not hold its boundary");
  }
  std::vector<FormPart> parts;
  while (!rest.starts_with("--")) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
    if (!rest.starts_with(line_end)) return broken("has a broken boundary");
    if (parts.size() == most_parts) return broken("has too many parts");
    const auto head = take_until(rest, "\r\n\r\n", longest_head);
    if (!head) return broken("has a part whose head does not end");
    auto part = read_head(head->substr(std::min(head->size(), line_end.size())));
    if (!part) return Unexpected(part.error());
    const auto content = take_until(rest, delimiter);
    if (!content) return broken("ends in the middle of a part");
    part->content = *content;
    parts.push_back(*std::move(part));
  }
  return parts;
}

}  // namespace uie
