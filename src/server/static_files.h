// The files of the page, read once: what is not in the map does not exist, so no path can leave the folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "uie/base/result.h"

namespace uie {

struct StaticFile {
  std::string bytes;
  std::string content_type;
  std::string etag;  // with quotes
};

// By URL path: "/js/main.js"; index.html also as "/", docs.html also as "/docs". Regular files whose names need no
// percent-encoding; at most 32 MiB together. Errors: unavailable, when the folder cannot be read or is too large.
Result<std::map<std::string, StaticFile>> load_static_files(const std::filesystem::path& dir);

}  // namespace uie
