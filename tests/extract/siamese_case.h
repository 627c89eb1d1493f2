// The lines of the Siamese golden files: requests, the reference's answers, and the first prompts it asked.
#pragma once

#include <string>
#include <vector>

#include "data_files.h"
#include "uie/schema/json.h"
#include "uie/schema/task.h"

namespace uie::test {

struct SiameseCase {
  std::string id;
  Task task;
  Json json;

  const Json& result() const { return json.at("result"); }
  size_t prompts() const { return json.at("n_queries").get<size_t>(); }
};

inline constexpr const char* kSiameseCheckpoints[] = {"a-cross12", "b-plain8-fp16", "c-cross7-smallvocab",
                                                      "d-cross6-bf16"};

inline std::filesystem::path siamese_dir(const std::string& checkpoint) { return data_file("siamese") / checkpoint; }

inline std::vector<SiameseCase> siamese_cases(const std::string& checkpoint) {
  const SchemaLimits limits;
  std::vector<SiameseCase> cases;
  for (const std::string& line : xz_lines("siamese/" + checkpoint + "/golden.jsonl.xz")) {
    SiameseCase c;
    c.json = parse_json(line, limits).value();
    c.id = c.json.at("id").get<std::string>();
    c.task.text = Text::from_utf8(c.json.at("text").get<std::string>()).value();
    c.task.schema = parse_schema(c.json.at("schema"), limits).value();
    c.task.options.output_all_prefix = c.json.at("output_all_prefix").get<bool>();
    cases.push_back(std::move(c));
  }
  return cases;
}

// As the golden files write an answer.
inline Json native(const Extracted& answer, const Text& text) {
  return chains_to_json(answer.chains, text, OffsetUnit::codepoint, false);
}

}  // namespace uie::test
