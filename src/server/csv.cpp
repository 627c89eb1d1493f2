#include "server/csv.h"

namespace uie {
namespace {

// Reads one field from `text`, which then begins with the separator behind it.
std::string take_field(std::string_view& text) {
  std::string field;
  if (!text.starts_with('"')) {
    field = text.substr(0, text.find_first_of(",\r\n"));
    text.remove_prefix(field.size());
    return field;
  }
  text.remove_prefix(1);
  while (!text.empty()) {
    const size_t quote = text.find('"');
    field += text.substr(0, quote);
    text.remove_prefix(quote == std::string_view::npos ? text.size() : quote + 1);
    if (!text.starts_with('"')) break;
    field += '"';
    text.remove_prefix(1);
  }
  const size_t after = text.find_first_of(",\r\n");  // what stands between the closing quote and the separator
  field += text.substr(0, after);
  text.remove_prefix(after == std::string_view::npos ? text.size() : after);
  return field;
}

void skip_line_end(std::string_view& text) {
  if (text.starts_with('\r')) text.remove_prefix(1);
  if (text.starts_with('\n')) text.remove_prefix(1);
}

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text) {
  std::vector<CsvRow> rows;
  while (!text.empty()) {
    CsvRow row{take_field(text)};
    while (text.starts_with(',')) {
      text.remove_prefix(1);
      row.push_back(take_field(text));
    }
    skip_line_end(text);
    if (row.size() > 1 || !row.front().empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::string csv_line(const CsvRow& row) {
  std::string line;
  for (const std::string& field : row) {
    if (&field != row.data()) line += ',';
    std::string shown = !field.empty() && std::string_view("=+-@\t").find(field.front()) != std::string_view::npos
                            ? "'" + field
                            : field;
    if (shown.find_first_of(",\"\r\n") == std::string::npos) {
      line += shown;
      continue;
    }
    line += '"';
    for (const char c : shown) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace uie
