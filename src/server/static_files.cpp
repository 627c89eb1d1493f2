#include "server/static_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace uie {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t max_total_bytes = 32u << 20;

std::string content_type(const fs::path& file) {
  constexpr std::array<std::pair<std::string_view, const char*>, 14> types = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
  }};
  const std::string extension = file.extension().string();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.first == extension; });
  return found == types.end() ? "application/octet-stream" : found->second;
}

// FNV-1a: tells versions of one file apart, nothing more.
std::string etag(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string text = "\"";
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(hash >> shift) & 15];
  return text + "\"";
}

bool is_plain(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-").find(c) != std::string_view::npos;
  });
}

StaticFile read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  StaticFile read;
  read.bytes.assign(std::istreambuf_iterator<char>(in), {});
  read.content_type = content_type(file);
  read.etag = etag(read.bytes);
  return read;
}

}  // namespace

Result<std::map<std::string, StaticFile>> load_static_files(const fs::path& dir) {
  std::map<std::string, StaticFile> files;
  if (dir.empty()) return files;
  std::error_code error;
  uintmax_t total = 0;
  for (fs::recursive_directory_iterator entry(dir, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    total += entry->file_size(error);
    if (total > max_total_bytes)
      return fail(ErrorCode::unavailable, "--web-dir holds more than 32 MiB; is it the right folder?", dir);
    const std::string path = "/" + fs::relative(entry->path(), dir, error).generic_string();
    if (is_plain(path)) files.emplace(path, read_file(entry->path()));
  }
  if (error) return fail(ErrorCode::unavailable, "--web-dir cannot be read: " + error.message(), dir);
  for (const auto& [alias, path] : {std::pair{"/", "/index.html"}, std::pair{"/docs", "/docs.html"}}) {
    if (const auto file = files.find(path); file != files.end()) files.emplace(alias, file->second);
  }
  return files;
}

}  // namespace uie
