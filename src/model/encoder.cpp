// load_encoder: which architecture, on which device, in which type; the rest is the architecture's own file.
#include "uie/model/encoder.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>

#include "model/bert_encoder.h"
#include "model/config_file.h"
#include "model/deberta_encoder.h"
#include "uie/base/log.h"

namespace uie {
namespace {

namespace fs = std::filesystem;
using Build = Result<std::unique_ptr<Encoder>> (*)(const fs::path& model_dir, const EncoderOptions& options);

// A new architecture is one line here.
struct Architecture {
  std::string_view model_type;
  Build build;
};
constexpr std::array kArchitectures = {Architecture{"deberta-v2", model::build_deberta},
                                       Architecture{"bert", model::build_bert}};

Result<Build> find_builder(const fs::path& model_dir) {
  const fs::path file = model_dir / "config.json";
  const auto type = model::read_config_file(file).and_then(model::model_type);
  if (!type) return fail(type.error().code, type.error().message, file.string());
  for (const Architecture& known : kArchitectures) {
    if (known.model_type == *type) return known.build;
  }
  return fail(ErrorCode::unsupported, "model_type \"" + *type + "\" is not supported; bert and deberta-v2 are",
              file.string());
}

Result<void> check_device(const EncoderOptions& options) {
  if (options.device == "cpu") return {};
#ifdef UIE_CUDA
  if (options.device.starts_with("cuda")) return {};
#else
  if (options.device.starts_with("cuda"))
    return fail(ErrorCode::unsupported, "this build has no CUDA encoder; take the device cpu", options.device);
#endif
  return fail(ErrorCode::invalid_request, "unknown device; cpu and cuda:N are known", options.device);
}

constexpr int kMaxThreads = 1024;

Result<void> check_options(const EncoderOptions& options) {
  constexpr std::array<std::string_view, 4> known = {"auto", "fp32", "bf16", "fp16"};
  if (std::find(known.begin(), known.end(), options.dtype) == known.end()) {
    return fail(ErrorCode::invalid_request, "the dtype must be auto, fp32, bf16 or fp16", "dtype");
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return fail(ErrorCode::invalid_request, "threads must be from 0 to " + std::to_string(kMaxThreads), "threads");
  }
  return check_device(options);
}

}  // namespace

Result<std::unique_ptr<Encoder>> load_encoder(const fs::path& model_dir, const EncoderOptions& options) {
  try {
    if (const auto usable = check_options(options); !usable) return Unexpected(usable.error());
    return find_builder(model_dir).and_then([&](Build build) { return build(model_dir, options); });
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::unavailable, "out of memory while loading the model", model_dir.string());
  } catch (const std::exception& error) {
    log_error(std::string("load_encoder: ") + error.what());
    return fail(ErrorCode::internal, "the model could not be loaded", model_dir.string());
  }
}

}  // namespace uie
