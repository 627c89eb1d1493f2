// Pointer queries as SiameseUIE's golden files hold them: whole texts and prompts, and samples of the merged logits
// that the published implementation computed. Windows and their merging: spec/siamese.md §3, §5.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "uie/model/query.h"

namespace uie::test {

constexpr size_t kWindow = 384, kWindowStep = 352;

struct GoldenPointer {
  std::string name;  // id of the case and number of the prompt
  size_t tokens = 0;
  std::vector<PointerQuery> windows;
  struct Sample {
    size_t token;
    double head, tail;
  };
  std::vector<Sample> samples;
};

inline std::vector<PointerQuery> windows_of(const std::vector<int32_t>& text, const std::vector<int32_t>& prompt) {
  const bool one = text.size() <= kWindow;
  const size_t count = one ? 1 : (text.size() - kWindow + kWindowStep - 1) / kWindowStep + 1;
  std::vector<PointerQuery> windows;
  for (size_t window = 0; window < count; ++window) {
    const auto begin = text.begin() + static_cast<ptrdiff_t>(window * kWindowStep);
    PointerQuery query;
    query.text_ids = {begin, begin + std::min(static_cast<ptrdiff_t>(kWindow), text.end() - begin)};
    query.hint_ids = prompt;
    query.hint_position = static_cast<int32_t>(one ? text.size() : kWindow);
    windows.push_back(std::move(query));
  }
  return windows;
}

struct MergedLogits {
  std::vector<double> head, tail;  // by token of the text
};

inline MergedLogits merge(std::span<const PointerScores> windows, size_t tokens) {
  MergedLogits merged{std::vector<double>(tokens), std::vector<double>(tokens)};
  std::vector<double> covered(tokens);
  for (size_t window = 0; window < windows.size(); ++window) {
    for (size_t i = 0; i < windows[window].head.size(); ++i) {
      const size_t token = window * kWindowStep + i;
      merged.head.at(token) += static_cast<double>(windows[window].head[i]);
      merged.tail.at(token) += static_cast<double>(windows[window].tail.at(i));
      ++covered[token];
    }
  }
  for (size_t token = 0; token < tokens; ++token) {
    merged.head[token] /= covered[token];
    merged.tail[token] /= covered[token];
  }
  return merged;
}

// Every prompt of a golden.jsonl.xz below tests/data.
inline std::vector<GoldenPointer> golden_pointers(const std::string& below_data) {
  std::vector<GoldenPointer> all;
  for (const std::string& line : xz_lines(below_data)) {
    const auto json = nlohmann::json::parse(line);
    if (!json.contains("queries") || json["queries"].is_null()) continue;
    const auto text = json.at("text_ids").get<std::vector<int32_t>>();
    for (const auto& query : json["queries"]) {
      auto prompt = query.at("prompt_ids").get<std::vector<int32_t>>();
      prompt.resize(query.at("prompt_mask_ones").get<size_t>());
      GoldenPointer& golden = all.emplace_back();
      golden.name = json["id"].get<std::string>() + "/" + std::to_string(all.size());
      golden.tokens = text.size();
      golden.windows = windows_of(text, prompt);
      for (const auto& sample : query.at("logits")) {
        golden.samples.push_back({sample[0].get<size_t>(), sample[1].get<double>(), sample[2].get<double>()});
      }
    }
  }
  return all;
}

}  // namespace uie::test
