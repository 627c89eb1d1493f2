// Encoder queries as the golden files hold them: input, and samples of what the published implementation computed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "uie/model/query.h"

namespace uie::test {

struct GoldenQuery {
  std::string name;           // id of the case and number of the query
  LinkQuery query;            // its probes are the sampled cells
  std::vector<float> logits;  // of the probes
  int64_t positive = -1;      // entries of Z above 0; -1: not recorded
  nlohmann::json hidden;      // [[token, dimension, value], …]
  nlohmann::json blocked;     // invisible pairs, null: not recorded
};

// Groups, slots and segments from the token ids: spec/rex.md §6. vocab_size: of config.json; [PREFIX] and [TYPE]
// follow.
inline void derive_visibility(LinkQuery& query, int32_t vocab_size) {
  constexpr int32_t kSep = 2;
  const int32_t prefix_id = vocab_size, type_id = vocab_size + 1;
  int32_t group = 0, slot = 0, next_group = 1;
  bool text = false, past_sep = false;
  for (size_t i = 0; i < query.ids.size(); ++i) {
    const int32_t id = query.ids[i];
    past_sep = text;
    if (id == kSep) text = true;
    if (!text && id == prefix_id) group = next_group++, slot = 0;
    if (!text && id == type_id) ++slot;
    query.groups.push_back(text ? 0 : group);
    query.slots.push_back(text ? 0 : slot);
    query.segments.push_back(past_sep ? 1 : 0);
  }
}

inline GoldenQuery golden_query(const nlohmann::json& json, std::string name, int32_t vocab_size) {
  GoldenQuery golden;
  golden.name = std::move(name);
  golden.query.ids = json.at("input_ids").get<std::vector<int32_t>>();
  golden.query.positions = json.at("position_ids").get<std::vector<int32_t>>();
  derive_visibility(golden.query, vocab_size);
  for (const auto& sample : json.at("logits")) {
    golden.query.probes.push_back({sample[0].get<uint32_t>(), sample[1].get<uint32_t>()});
    golden.logits.push_back(sample[2].get<float>());
  }
  golden.positive = json.value("positive", int64_t{-1});
  golden.hidden = json.value("hidden", nlohmann::json::array());
  golden.blocked = json.value("blocked", nlohmann::json());
  return golden;
}

// Every query of a golden.jsonl.xz below tests/data.
inline std::vector<GoldenQuery> golden_queries(const std::string& below_data, int32_t vocab_size = 12800) {
  std::vector<GoldenQuery> all;
  for (const std::string& line : xz_lines(below_data)) {
    const auto json = nlohmann::json::parse(line);
    int number = 0;
    if (!json.contains("queries") || json["queries"].is_null()) continue;
    for (const auto& query : json["queries"]) {
      all.push_back(golden_query(query, json["id"].get<std::string>() + "/" + std::to_string(number++), vocab_size));
    }
  }
  return all;
}

}  // namespace uie::test
