// GET / and the files of the page.
#include <memory>

#include "server/site.h"
#include "server/static_files.h"

namespace uie {
namespace {

// The page is plain modules from here and talks to this server alone.
constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "
    "'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void serve_file(Call& call, const StaticFile& file) {
  const std::string* known = call.head().find("if-none-match");
  if (known && known->find(file.etag) != std::string::npos) {
    call.response.status = 304;
  } else {
    answer_text(call, file.bytes, file.content_type);
  }
  call.response.set_header("ETag", file.etag);
  call.response.set_header("Cache-Control", "no-cache");  // ask each time; the ETag makes that cheap
  call.response.set_header("X-Content-Type-Options", "nosniff");
  call.response.set_header("Referrer-Policy", "no-referrer");
  call.response.set_header("Content-Security-Policy", content_security_policy);
}

}  // namespace

Result<void> add_static_routes(Router& router, const Site& site) {
  auto files = load_static_files(site.options.web_dir);
  if (!files) return tl::unexpected(files.error());
  for (auto& [path, file] : *files) {
    const auto shared = std::make_shared<const StaticFile>(std::move(file));
    router.add(
        "GET", path, LaneKind::express, [shared](Call& call) { serve_file(call, *shared); }, "static");
  }
  return {};
}

}  // namespace uie
