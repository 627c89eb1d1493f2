#include "cli/eval_score.h"

#include <cmath>
#include <set>

namespace uie::cli {
namespace {

std::string strip(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// One comparable string a tuple; U+001F cannot be part of a number and hardly of a label.
std::string tuple_key(const Chain& chain) {
  std::string key;
  for (const Item& item : chain) {
    key += strip(item.type) + '\x1f' + item.span + '\x1f' + std::to_string(item.begin) + ',' +
           std::to_string(item.end) + '\x1e';
  }
  return key;
}

std::string label_of(const Chain& chain) {
  std::string label;
  for (const Item& item : chain) label += (label.empty() ? "" : " / ") + strip(item.type);
  return label;
}

std::map<std::string, std::string> keys_with_labels(const std::vector<Chain>& chains) {
  std::map<std::string, std::string> keys;
  for (const Chain& chain : chains) keys.emplace(tuple_key(chain), label_of(chain));
  return keys;
}

double round4(double value) { return std::round(value * 1e4) / 1e4; }

Json counts_json(const Counts& counts) {
  return {{"precision", round4(counts.precision())},
          {"recall", round4(counts.recall())},
          {"f1", round4(counts.f1())},
          {"expected", counts.expected},
          {"predicted", counts.predicted},
          {"right", counts.right}};
}

Result<Item> parse_item(const Json& json, const std::string& pointer) {
  const bool whole = json.is_object() && json.contains("type") && json["type"].is_string() && json.contains("span") &&
                     json["span"].is_string() && json.contains("offset") && json["offset"].is_array() &&
                     json["offset"].size() == 2 && json["offset"][0].is_number_unsigned() &&
                     json["offset"][1].is_number_unsigned();
  if (!whole)
    return fail(ErrorCode::invalid_request, "an item must be {\"type\",\"span\",\"offset\":[begin,end]}", pointer);
  return Item{json["type"], json["span"], json["offset"][0], json["offset"][1], 0};
}

}  // namespace

Result<std::vector<Chain>> parse_answer(const Json& answer) {
  if (!answer.is_array()) return fail(ErrorCode::invalid_request, "\"answer\" must be a list of tuples", "/answer");
  std::vector<Chain> chains;
  for (size_t i = 0; i < answer.size(); ++i) {
    const std::string pointer = "/answer/" + std::to_string(i);
    if (!answer[i].is_array()) return fail(ErrorCode::invalid_request, "a tuple must be a list of items", pointer);
    Chain chain;
    for (size_t k = 0; k < answer[i].size(); ++k) {
      auto item = parse_item(answer[i][k], pointer + "/" + std::to_string(k));
      if (!item) return Unexpected(item.error());
      chain.push_back(std::move(*item));
    }
    chains.push_back(std::move(chain));
  }
  return chains;
}

void add_row(SourceScore& score, const std::vector<Chain>& expected, const std::vector<Chain>& predicted) {
  const auto want = keys_with_labels(expected), got = keys_with_labels(predicted);
  ++score.rows;
  score.all.expected += want.size();
  score.all.predicted += got.size();
  for (const auto& [key, label] : want) ++score.labels[label].expected;
  size_t right = 0;
  for (const auto& [key, label] : got) {
    Counts& counts = score.labels[label];
    ++counts.predicted;
    if (want.contains(key)) {
      ++counts.right;
      ++right;
    }
  }
  score.all.right += right;
  if (right == want.size() && right == got.size()) ++score.exact_rows;
}

Json to_json(const SourceScore& score) {
  Json labels = Json::object();
  for (const auto& [label, counts] : score.labels) labels[label] = counts_json(counts);
  return {{"task", score.task},
          {"n", score.rows},
          {"precision", round4(score.all.precision())},
          {"recall", round4(score.all.recall())},
          {"f1", round4(score.all.f1())},
          {"accuracy", round4(score.accuracy())},
          {"classification", score.classification},
          {"failed", score.failed_rows},
          {"labels", std::move(labels)}};
}

}  // namespace uie::cli
