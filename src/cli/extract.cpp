// uie extract: JSON lines in, JSON lines out, in input order.
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>

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
  std::string task;
  std::vector<std::string> labels;
  Options options;

  int run();
  std::optional<AskedTask> default_task() const;
  Result<size_t> run_lines(LineFile& lines, std::ostream& out, JobQueue& queue);
};

// What is needed of a line when its answer comes.
struct Asked {
  Json id;
  Text text;
  TaskOptions options;
  std::optional<AskedTask> task;
};

void add_task_answer(Json& line, const Asked& asked, const Extracted& found) {
  Json answer = task_answer_to_json(*asked.task->named, found, asked.text, asked.options.offsets, asked.options.native);
  if (asked.options.native) line["result"] = answer["native"];
  const auto aspects = answer.find("aspects");
  const Json bindings = aspects == answer.end() ? Json() : bindings_of(*aspects);
  line["tasks"][asked.task->name] = std::move(answer);
  if (!bindings.is_null()) line["bindings"] = bindings;
}

std::string answer_line(const Asked& asked, const JobResult& result) {
  Json line = Json::object();
  line["id"] = asked.id;
  if (!result) {
    line["error"] = error_to_json(result.error());
    return dump_json(line);
  }
  if (asked.task) {
    add_task_answer(line, asked, *result);
  } else {
    line["result"] = chains_to_json(result->chains, asked.text, asked.options.offsets);
  }
  if (result->truncated) line["truncated"] = true;
  if (!result->warnings.empty()) line["warnings"] = result->warnings;
  return dump_json(line);
}

Result<size_t> ExtractCommand::run_lines(LineFile& lines, std::ostream& out, JobQueue& queue) {
  TaskLineParser parser(options.limits, default_task());
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
    auto read = parser.parse(line, id);
    auto asked = read ? Asked{id, read->task.text, read->task.options, read->asked} : Asked{id, {}, {}, {}};
    // Lines go out as soon as they are in turn: a reader at the other end of a pipe may be waiting for one.
    const auto write = [&out, &done, asked = std::move(asked)](JobResult result) {
      out << answer_line(asked, result) << '\n' << std::flush;
      ++done;
    };
    if (read) {
      in_order.submit(std::move(read->task), write);
    } else {
      in_order.answer(read.error(), write);
    }
    progress.update(done, lines.progress());
  }
  in_order.finish();
  return count;
}

// Throws what CLI11 answers with the status of wrong usage.
std::optional<AskedTask> ExtractCommand::default_task() const {
  if (task.empty()) return std::nullopt;
  Json json{{"task", task}};
  if (!labels.empty()) json["labels"] = labels;
  auto parsed = parse_task(json, options.limits, "");
  if (!parsed) throw CLI::ValidationError("--task " + task, parsed.error().message);
  return *std::move(parsed);
}

int ExtractCommand::run() {
  default_task();  // before anything is loaded
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
  CLI::App* sub = app.add_subcommand(
      "extract", "JSON lines {\"id\",\"text\",\"schema\" | \"task\",\"options\"?} in, JSON lines out");
  sub->add_option("--model", command->model, "model directory; the default model when absent")
      ->envname("UIE_MODEL")
      ->type_name("DIR");
  sub->add_option("--input", command->input, "file to read (.xz is read); - is stdin")
      ->capture_default_str()
      ->type_name("FILE");
  sub->add_option("--output", command->output, "file to write; - is stdout")->capture_default_str()->type_name("FILE");
  CLI::Option* task = sub->add_option("--task", command->task,
                                      "task by name (ner, sentiment, …) of the lines that have neither schema nor task")
                          ->type_name("NAME");
  sub->add_option("--labels", command->labels, "labels of --task, with commas between them")
      ->delimiter(',')
      ->needs(task)
      ->type_name("LABELS");
  bind_engine_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
