// The lines of the golden files: requests, the reference's answers, and the queries it ran.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "data_files.h"
#include "uie/schema/json.h"
#include "uie/schema/task.h"

namespace uie::test {

struct GoldenCase {
  std::string id;
  Task task;
  std::set<std::string> result;  // tuples, duplicates merged
  uint32_t queries = 0;          // encoder runs of the reference
  Json json;
};

// A tuple without confidences, in one spelling.
inline std::string tuple_string(const Json& tuple) {
  std::string text;
  for (const Json& item : tuple) {
    text +=
        item.at("type").get<std::string>() + "=" + item.at("span").get<std::string>() + item.at("offset").dump() + ";";
  }
  return text;
}

inline std::set<std::string> tuple_strings(const Json& tuples) {
  std::set<std::string> strings;
  for (const Json& tuple : tuples) strings.insert(tuple_string(tuple));
  return strings;
}

inline std::vector<GoldenCase> golden_cases(const std::string& file) {
  SchemaLimits limits;
  std::vector<GoldenCase> cases;
  for (const std::string& line : xz_lines(file)) {
    GoldenCase c;
    c.json = parse_json(line, limits).value();
    c.id = c.json.at("id").get<std::string>();
    c.task.text = Text::from_utf8(c.json.at("text").get<std::string>()).value();
    c.task.schema = parse_schema(c.json.at("schema"), limits).value();
    c.result = tuple_strings(c.json.at("result"));
    c.queries = c.json.at("num_queries").get<uint32_t>();
    cases.push_back(std::move(c));
  }
  return cases;
}

inline constexpr const char* kCheckpoints[] = {"ck_base", "ck_logbucket", "ck_nobucket", "ck_p2c", "ck_plain"};

inline bool is_classification(const GoldenCase& c) {
  return c.task.text.bytes().find("CLASSIFY]") != std::string::npos;
}

}  // namespace uie::test
