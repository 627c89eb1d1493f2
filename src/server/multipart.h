// multipart/form-data (RFC 7578), as browsers and curl send a form with a file. From memory: the HTTP library has a
// parser, but inside its own reading of sockets, which is not used here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"

namespace uie {

struct FormPart {
  std::string name;
  std::optional<std::string> filename;  // a file; empty where none was chosen
  std::string content_type;             // as sent; empty: none
  std::string_view content;             // of the body that was parsed
};

// content_type: of the request, for its boundary. Errors: invalid_request for a body that is not one, is cut short, has
// a part without name, an encoded part, or too many parts (64) or too long heads (8 KiB).
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace uie
