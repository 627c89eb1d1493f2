// The answer's shape of PaddleNLP's Taskflow: by label the spans found, and below each what was asked about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "uie/schema/json.h"

namespace uie {

struct Finding;

// Findings of one label, each place of the text once.
struct FindingGroup {
  std::string label;
  std::vector<Finding> findings;
  std::map<std::pair<uint32_t, uint32_t>, size_t> places;  // [begin, end) → index in `findings`
};

struct Findings {
  std::vector<FindingGroup> groups;

  FindingGroup* find(std::string_view label);
  FindingGroup& at(const std::string& label);  // made when it is not there

  // Adds what is new of a path from the root to a leaf, if all its items are places of the text. `labels` are those of
  // the client, one an item.
  void add(const Chain& chain, const std::vector<std::string>& labels);
};

struct Finding {
  std::string text;
  double probability = 0;  // 0…1
  bool has_place = true;   // false: one of the given answers, not a span
  uint32_t begin = 0, end = 0;
  Findings relations;
};

// {"LABEL": [{"text","start","end","probability","relations"?}, …]}; labels without findings are absent, answers chosen
// from given ones have no "start" and "end", probabilities have 4 decimals. Offsets in code points.
Json to_json(const Findings& findings);

}  // namespace uie
