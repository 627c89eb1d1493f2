#include "text/spm/library.h"

#include <filesystem>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace uie {
namespace {

// Its own symbols first: see plugin.h. AddressSanitizer refuses that flag, and its builds hold no second protobuf.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // gcc
#define UIE_SANITIZED
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UIE_SANITIZED
#endif
#endif
#ifdef UIE_SANITIZED
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

// Beside the program, as built and as installed in one folder; else where the system keeps libraries. The program's
// folder is asked of the kernel: "$ORIGIN" would be the sanitizer's own folder where its runtime wraps dlopen.
std::vector<std::string> places() {
  std::error_code ignored;
  const std::filesystem::path dir = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  return {dir / "libuie_spm.so", dir / "../lib/libuie_spm.so", "libuie_spm.so"};
}

Result<const UieSpmApi*> open_library() {
  std::string reason;
  for (const std::string& place : places()) {
    void* library = dlopen(place.c_str(), kFlags);
    if (library == nullptr) {
      reason = dlerror();
      continue;
    }
    if (void* symbol = dlsym(library, "uie_spm_api")) return reinterpret_cast<const UieSpmApi* (*)()>(symbol)();
    reason = dlerror();
  }
  return fail(ErrorCode::unsupported,
              "this model needs sentencepiece, and libuie_spm.so could not be opened beside the program: " + reason);
}

}  // namespace

Result<const UieSpmApi*> spm_library() {
  static const Result<const UieSpmApi*> library = open_library();
  return library;
}

}  // namespace uie
