// The commands: each adds its flags to the program and leaves what it does as the subcommand's callback.
// A callback stores the exit status: 0 done, 1 could not start or run, 2 wrong usage.
#pragma once

#include <CLI/CLI.hpp>

namespace uie::cli {

constexpr int kWrongUsage = 2;

void add_serve(CLI::App& app, int& status);
void add_extract(CLI::App& app, int& status);
void add_tokenize(CLI::App& app, int& status);
void add_eval(CLI::App& app, int& status);
void add_convert(CLI::App& app, int& status);
void add_jobs(CLI::App& app, int& status);
void add_devices(CLI::App& app, int& status);

}  // namespace uie::cli
