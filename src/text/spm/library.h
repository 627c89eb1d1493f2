// Opens libuie_spm.so when the first model with sentencepiece is loaded.
#pragma once

#include "text/spm/plugin.h"
#include "uie/base/result.h"

namespace uie {

// Opened once for the whole program and kept. Thread safe. Errors: unsupported, saying where the library was looked
// for.
Result<const UieSpmApi*> spm_library();

}  // namespace uie
