// uie convert: rewrites a checkpoint directory.
#include <cstdio>

#include "cli/commands.h"
#include "cli/runtime.h"
#include "uie/base/log.h"
#include "uie/checkpoint/convert.h"

namespace uie::cli {
namespace {

struct ConvertCommand {
  std::string from, to, format = "safetensors", store, dtype;

  int run() const {
    init_log("info", "text");
    checkpoint::ConvertOptions options;
    options.store = !store.empty() ? store : !dtype.empty() ? dtype : "keep";
    const auto report = checkpoint::convert(from, to, options);
    if (!report) return start_failure(report.error());
    std::printf("%s: %zu tensors, %.2f M parameters, %.1f MB\n", to.c_str(), report->tensors,
                static_cast<double>(report->parameters) / 1e6, static_cast<double>(report->bytes) / 1e6);
    return 0;
  }
};

}  // namespace

void add_convert(CLI::App& app, int& status) {
  auto command = std::make_shared<ConvertCommand>();
  CLI::App* sub =
      app.add_subcommand("convert", "rewrites a checkpoint as safetensors, in another type or with int8 rows");
  sub->add_option("from", command->from, "model directory or weight file")->required();
  sub->add_option("out", command->to, "directory to write")->required();
  sub->add_option("--to", command->format, "format: safetensors")
      ->capture_default_str()
      ->check(CLI::IsMember({"safetensors"}));
  sub->add_option("--dtype", command->dtype, "type of the numbers: fp32, fp16 or bf16; as stored when absent")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}));
  sub->add_option("--store", command->store, "int8: 2-D weights as int8 rows with a scale each, the rest fp16")
      ->check(CLI::IsMember({"int8", "keep"}));
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
