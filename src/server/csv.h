// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, quotes (doubled) and line breaks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace uie {

using CsvRow = std::vector<std::string>;

// Lines end with LF or CRLF; empty lines are passed over. A quote that is never closed runs to the end.
std::vector<CsvRow> parse_csv(std::string_view text);

// One row with its line end. A field that a spreadsheet would take for a formula gets a ' in front.
std::string csv_line(const CsvRow& row);

}  // namespace uie
