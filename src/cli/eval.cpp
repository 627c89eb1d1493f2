// uie eval: scores labelled files. Rows of all files are in flight together.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <unordered_set>

#include "cli/commands.h"
#include "cli/eval_score.h"
#include "cli/in_order.h"
#include "cli/line_file.h"
#include "cli/progress.h"
#include "cli/runtime.h"
#include "cli/task_line.h"
#include "uie/base/log.h"

namespace uie::cli {
namespace {

constexpr size_t kWindow = 1'024;

struct EvalCommand {
  std::string model, schemas_file, rows_file;
  std::vector<std::string> files;
  bool json = false;
  Options options;

  int run();
  Result<void> load_inputs();
  Result<void> score_file(const std::string& path, InOrder& in_order, Progress& progress);
  Result<Schema> schema_of(const Json& row);
  void load_schemas_beside(const std::string& path);
  void print() const;
  void print_tables() const;

  std::unordered_set<std::string> wanted_rows;
  std::map<std::string, Schema> schemas;      // by schema_ref
  std::map<std::string, SourceScore> scores;  // touched by the consumer, and by the reader before it submits: see mutex
  std::mutex mutex;
  size_t skipped = 0, bad_lines = 0, done = 0;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::invalid_request, "cannot be opened", path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

Result<std::map<std::string, Schema>> read_schemas(const std::string& path, const SchemaLimits& limits) {
  auto bytes = read_file(path);
  if (!bytes) return Unexpected(bytes.error());
  auto json = parse_json(*bytes, limits);
  if (!json) return fail(json.error().code, json.error().message, path);
  if (!json->is_object()) return fail(ErrorCode::invalid_request, "must be an object: name to schema", path);
  std::map<std::string, Schema> schemas;
  for (const auto& [name, value] : json->items()) {
    auto schema = parse_schema(value, limits, "/" + pointer_token(name));
    if (!schema) return fail(schema.error().code, schema.error().message, path + schema.error().where);
    schemas[name] = std::move(*schema);
  }
  return schemas;
}

Result<void> EvalCommand::load_inputs() {
  if (!schemas_file.empty()) {
    auto read = read_schemas(schemas_file, options.limits);
    if (!read) return Unexpected(read.error());
    schemas = std::move(*read);
  }
  if (rows_file.empty()) return {};
  auto ids = LineFile::open(rows_file);
  if (!ids) return Unexpected(ids.error());
  std::string id;
  while (true) {
    auto more = ids->next(id);
    if (!more) return Unexpected(more.error());
    if (!*more) return {};
    if (!id.empty()) wanted_rows.insert(id);
  }
}

// The task format keeps schemas.json beside the folders of its files.
void EvalCommand::load_schemas_beside(const std::string& path) {
  if (!schemas.empty() || path == "-") return;
  const auto folder = std::filesystem::absolute(path).parent_path();
  for (const auto& candidate : {folder / "schemas.json", folder.parent_path() / "schemas.json"}) {
    if (!std::filesystem::exists(candidate)) continue;
    if (auto read = read_schemas(candidate.string(), options.limits)) {
      schemas = std::move(*read);
      log_info("schemas from " + candidate.filename().string() + " beside the files");
      return;
    }
  }
}

Result<Schema> EvalCommand::schema_of(const Json& row) {
  if (const auto inline_schema = row.find("schema"); inline_schema != row.end() && !inline_schema->is_null()) {
    return parse_schema(*inline_schema, options.limits, "/schema");
  }
  if (const auto ref = row.find("schema_ref"); ref != row.end() && ref->is_string()) {
    if (const auto found = schemas.find(ref->get<std::string>()); found != schemas.end()) return found->second;
  }
  return Schema();
}

Result<void> EvalCommand::score_file(const std::string& path, InOrder& in_order, Progress& progress) {
  load_schemas_beside(path);
  auto lines = LineFile::open(path);
  if (!lines) return Unexpected(lines.error());
  std::string line;
  while (true) {
    auto more = lines->next(line);
    if (!more) return Unexpected(more.error());
    if (!*more) return {};
    auto row = parse_json(line, options.limits);
    if (!row || !row->is_object() || !row->contains("answer")) {
      if (!line.empty()) ++bad_lines;
      continue;
    }
    const auto id = row->find("id");
    if (!wanted_rows.empty() && !(id != row->end() && id->is_string() && wanted_rows.contains(id->get<std::string>())))
      continue;
    auto text = text_member(*row, "text", options.limits);
    auto schema = schema_of(*row);
    auto expected = parse_answer((*row)["answer"]);
    if (!text || !schema || !expected) {
      ++bad_lines;
      continue;
    }
    if (!*schema || (*schema)->is_leaf()) {
      ++skipped;
      continue;
    }
    const std::string source = row->value("source", std::filesystem::path(path).stem().stem().string());
    const bool classification = text->bytes().find("CLASSIFY]") != std::string::npos;
    in_order.submit(Task{std::move(*text), std::move(*schema), {}, {}},
                    [this, source, task = row->value("task", std::string()), classification,
                     expected = std::move(*expected)](JobResult result) {
                      std::lock_guard lock(mutex);
                      SourceScore& score = scores[source];
                      score.task = task;
                      score.classification |= classification;
                      if (!result) ++score.failed_rows;
                      add_row(score, expected, result ? result->chains : std::vector<Chain>());
                      ++done;
                    });
    std::lock_guard lock(mutex);
    progress.update(done, lines->progress());
  }
}

void EvalCommand::print_tables() const {
  std::printf("%-24s %-28s %6s %9s %9s %9s %9s\n", "source", "task", "rows", "precision", "recall", "F1", "accuracy");
  double sum = 0;
  for (const auto& [source, score] : scores) {
    std::printf("%-24s %-28s %6zu %9.4f %9.4f %9.4f %9.4f%s\n", source.c_str(), score.task.c_str(), score.rows,
                score.all.precision(), score.all.recall(), score.all.f1(), score.accuracy(),
                score.classification ? "  (scored by accuracy)" : "");
    sum += score.score();
  }
  std::printf("mean over %zu sources (F1, or accuracy for classification): %.4f\n", scores.size(),
              scores.empty() ? 0 : sum / static_cast<double>(scores.size()));
  for (const auto& [source, score] : scores) {
    std::printf("\n%s\n%9s %9s %9s %9s %9s  label\n", source.c_str(), "expected", "predicted", "precision", "recall",
                "F1");
    for (const auto& [label, counts] : score.labels) {
      std::printf("%9zu %9zu %9.4f %9.4f %9.4f  %s\n", counts.expected, counts.predicted, counts.precision(),
                  counts.recall(), counts.f1(), label.c_str());
    }
  }
}

void EvalCommand::print() const {
  if (!json) return print_tables();
  Json out = Json::object();
  for (const auto& [source, score] : scores) out[source] = to_json(score);
  std::cout << dump_json(out, 1) << '\n';
}

int EvalCommand::run() {
  init_log(options.log.level, options.log.format);
  if (auto inputs = load_inputs(); !inputs) return start_failure(inputs.error());
  const auto dir = model.empty() ? default_model_dir() : std::filesystem::path(model);
  auto loaded = load_model("default", dir, options, no_metrics());
  if (!loaded) return start_failure(loaded.error());
  const auto begin = std::chrono::steady_clock::now();
  Result<void> scored;
  {
    Progress progress("rows");
    InOrder in_order(*loaded->queue, kWindow);
    for (const std::string& file : files) {
      scored = score_file(file, in_order, progress);
      if (!scored) break;
    }
    in_order.finish();
  }
  stop_model(*loaded);
  if (!scored) return start_failure(scored.error());
  print();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  char summary[200];
  std::snprintf(summary, sizeof summary, "%zu rows in %.1f s (%.1f/s), %zu without a schema skipped, %zu bad lines",
                done, seconds, static_cast<double>(done) / seconds, skipped, bad_lines);
  log_info(summary);
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, int& status) {
  auto command = std::make_shared<EvalCommand>();
  CLI::App* sub =
      app.add_subcommand("eval", "scores labelled files: precision, recall, F1, accuracy, a table per label");
  sub->add_option("--model", command->model, "model directory; the default model when absent")
      ->envname("UIE_MODEL")
      ->type_name("DIR");
  sub->add_option("files", command->files, "files in the task format (.xz is read); - is stdin")->required();
  sub->add_option("--schemas", command->schemas_file,
                  "schemas by name, for rows with schema_ref; else schemas.json beside the files")
      ->type_name("FILE");
  sub->add_option("--rows", command->rows_file, "keep only the rows whose ids this file lists, one a line")
      ->type_name("FILE");
  sub->add_flag("--json", command->json, "print one JSON object: source to scores");
  bind_engine_options(*sub, command->options);
  sub->callback([command, &status] { status = command->run(); });
}

}  // namespace uie::cli
