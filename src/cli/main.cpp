// The program: parses the command line and hands over to one command.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "uie/model/build_info.h"

namespace {

std::string version_text() {
  const uie::ModelBuildInfo build = uie::model_build_info();
  return std::string("uie ") + UIE_VERSION + " (libtorch " + build.libtorch + ", CUDA " + build.cuda +
         ", cpp-httplib " + uie::http_library_version() + ")";
}

int run(int argc, char** argv) {
  CLI::App app("Chinese language understanding: a text and a schema in; spans, relations, events or labels out.",
               "uie");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int status = 0;
  uie::cli::add_serve(app, status);
  uie::cli::add_extract(app, status);
  uie::cli::add_tokenize(app, status);
  uie::cli::add_eval(app, status);
  uie::cli::add_convert(app, status);
  uie::cli::add_jobs(app, status);
  uie::cli::add_devices(app, status);
  // For the README's table and the test that compares it; no use to users.
  app.add_subcommand("options-table", "")->group("")->callback([] {
    std::fputs(uie::cli::options_markdown().c_str(), stdout);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : uie::cli::kWrongUsage;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "uie: unexpected failure: %s\n", error.what());
    return 1;
  }
}
