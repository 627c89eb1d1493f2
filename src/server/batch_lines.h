// Texts as lines, rows or JSON objects, as lines that are worked on one by one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/site.h"

namespace uie {

struct Lines {
  std::vector<std::string> json;  // {"text", "schema"?, "id"?}, one JSON object each
  size_t with_schema = 0;         // of them

  void add(Json text, const Json* schema = nullptr, const Json* id = nullptr);
};

// jsonl: {"text", "schema"?, "id"?} a line. csv: a header line with the columns text, and perhaps id. plain: a text a
// line.
enum class LineFormat { jsonl, csv, plain };

// By media type, lower case and without parameters, or by the end of a file's name; nothing for others.
std::optional<LineFormat> line_format(std::string_view media_type);
std::optional<LineFormat> line_format_of_file(std::string_view name);

// Errors: 400 not UTF-8; 422 a line that is not of the format, whose number the pointer begins with.
tl::expected<Lines, Problem> read_lines(LineFormat format, std::string_view bytes, const Site& site);

}  // namespace uie
