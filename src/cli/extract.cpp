// uie extract: JSON lines in, JSON lines out, in input order.
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/in_order.h"
#include "cli/line_file.h"
#include "cli/progress.h"
#include "cli/runtime.h"
#include "cli/task_line.h"
#include "uie/base/log.h"

namespace uie::cli {
namespace {

// Tasks between reading and writing: enough to keep the engine's batches full, small enough to start answering soon.
constexpr size_t kWindow = 512;

struct ExtractCommand {
  std::string model, input = "-", output = "-";
  Options options;

  int run();
  Result<size_t> run_lines(LineFile& lines, std::ostream& out, JobQueue& queue);
};

std::string answer_line(const Json& id, const Text& text, const TaskOptions& options, const JobResult& result) {
  Json line = Json::object();
  line["id"] = id;
  if (!result) {
    line["error"] = error_to_json(result.error());
    return dump_json(line);
  }
  line["result"] = chains_to_json(result->chains, text, options.offsets);
  if (result->truncated) line["truncated"] = true;
  if (!result->warnings.empty()) line["warnings"] = result->warnings;
  return dump_json(line);
}

Result<size_t> ExtractCommand::run_lines(LineFile& lines, std::ostream& out, JobQueue& queue) {
  TaskLineParser parser(options.limits);
  Progress progress("texts");
  InOrder in_order(queue, kWindow);
  size_t count = 0;
  std::atomic<size_t> done = 0;
  std::string line;
  while (true) {
    auto more = lines.next(line, options.limits.max_json_bytes + 1);
    if (!more) return Unexpected(more.error());
    if (!*more) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    ++count;
    Json id;
    auto task = parser.parse(line, id);
    // Lines go out as soon as they are in turn: a reader at the other end of a pipe may be waiting for one.
    const auto write = [&out, &done, id, text = task ? task->text : Text(),
                        task_options = task ? task->options : TaskOptions()](JobResult result) {
      out << answer_line(id, text, task_options, result) << '\n' << std::flush;
      ++done;
    };
    if (task) {
      in_order.submit(std::move(*task), write);
    } else {
      in_order.answer(task.error(), write);
    }
    progress.update(done, lines.progress());
  }
  in_order.finish();
  return count;
}

int ExtractCommand::run() {
  init_log(options.log.level, options.log.format);
  auto lines = LineFile::open(input);
  if (!lines) return start_failure(lines.error());
  std::ofstream file;
  if (output != "-") {
    file.open(output, std::ios::binary);
    if (!file) return start_failure(Error{ErrorCode::unavailable, "the output cannot be written", output});
  }
  const auto dir = model.empty() ? default_model_dir() : std::filesystem::path(model);
  auto loaded = load_model("default", dir, options, no_metrics());
  if (!loaded) return start_failure(loaded.error());
  const auto begin = std::chrono::steady_clock::now();
  auto count = run_lines(*lines, output == "-" ? std::cout : file, *loaded->queue);
  if (!count) return start_failure(count.error());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  stop_model(*loaded);
  std::ostream& out = output == "-" ? std::cout : file;
  out.flush();
  if (!out) return start_failure(Error{ErrorCode::unavailable, "the output could not be written to its end", output});
  char summary[160];
  std::snprintf(summary, sizeof summary, "%zu texts in %.2f s: %.1f texts/s; load %.2f s, peak memory %.0f MiB", *count,
                seconds, static_cast<double>(*count) / seconds, loaded->load_seconds,
                static_cast<double>(peak_memory_bytes()) / (1 << 20));
  log_info(summary);
  return 0;
}

}  // namespace

void add_extract(CLI::App& app, int& status) {
  auto command = std::make_shared<ExtractCommand>();
  CLI::App* sub =
      app.add_subcommand("extract", "JSON lines {\"id\",\"text\",\"schema\",\"options\"?} in, JSON lines out");
  sub->add_option("--model", command->model, "model directory; the default model when absent")
      ->envname("UIE_MODEL")
      ->type_name("DIR");
  sub->add_option("--input", command->input, "file to read (.xz is read); - is stdin")
      ->capture_default_str()
      ->type_name("FILE");
  sub->add_option("--output", command->output, "file to write; - is stdout")->capture_default_str()->type_name("FILE");
  bind_engine_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
