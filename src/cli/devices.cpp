// uie devices: what this machine can run on, and why.
#include <cstdio>

#include "cli/commands.h"
#include "cli/runtime.h"
#include "uie/base/log.h"
#include "uie/model/build_info.h"

namespace uie::cli {
namespace {

struct DevicesCommand {
  std::string model;
  Options options;

  int run() const;
};

int DevicesCommand::run() const {
  init_log(options.log.level, options.log.format);
  const ModelBuildInfo build = model_build_info();
  const auto dir = model.empty() ? default_model_dir() : std::filesystem::path(model);
  auto encoder = load_encoder(dir, options.encoder);
  if (!encoder) return start_failure(encoder.error());
  const EncoderInfo& info = (*encoder)->info();
  std::printf("cpu       %s\n", info.device_name.c_str());
  std::printf("features  %s\n", build.cpu_features.c_str());
  std::printf("threads   %d (the processors this process may use%s)\n", info.threads,
              options.encoder.threads > 0 ? ", as --threads says" : "");
  std::printf(
      "profile   cpu: %s, because %s\n", info.dtype.c_str(),
      options.encoder.dtype == "auto" ? "it is the fastest type here that keeps the answers" : "--dtype says so");
  std::printf("libtorch  %s\n", build.libtorch.c_str());
  std::printf("CUDA      %s\n", build.cuda == "none" ? "none: this build runs on the CPU only" : build.cuda.c_str());
  return 0;
}

}  // namespace

void add_devices(CLI::App& app, int& status) {
  auto command = std::make_shared<DevicesCommand>();
  CLI::App* sub = app.add_subcommand("devices", "the devices found, their profiles and why");
  sub->add_option("--model", command->model, "model directory; the default model when absent")
      ->envname("UIE_MODEL")
      ->type_name("DIR");
  bind_engine_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
