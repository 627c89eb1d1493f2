// Strict scores of labelled rows: micro precision, recall and F1 of tuples, and accuracy of whole rows.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "uie/schema/extracted.h"
#include "uie/schema/json.h"

namespace uie::cli {

struct Counts {
  size_t right = 0, predicted = 0, expected = 0;

  double precision() const { return predicted > 0 ? static_cast<double>(right) / static_cast<double>(predicted) : 0; }
  double recall() const { return expected > 0 ? static_cast<double>(right) / static_cast<double>(expected) : 0; }
  double f1() const { return right > 0 ? 2 * precision() * recall() / (precision() + recall()) : 0; }
};

struct SourceScore {
  std::string task;
  size_t rows = 0, exact_rows = 0, failed_rows = 0;
  bool classification = false;  // a text of the source holds "CLASSIFY]": accuracy is its score
  Counts all;
  std::map<std::string, Counts> labels;  // by the types of a tuple from root to leaf, joined by " / "

  double accuracy() const { return rows > 0 ? static_cast<double>(exact_rows) / static_cast<double>(rows) : 0; }
  double score() const { return classification ? accuracy() : all.f1(); }
};

// Chains of a row's "answer". Errors: invalid_request with a pointer.
Result<std::vector<Chain>> parse_answer(const Json& answer);

// A tuple is right when every type (outer space stripped), span and offset is; duplicates count once.
void add_row(SourceScore& score, const std::vector<Chain>& expected, const std::vector<Chain>& predicted);

Json to_json(const SourceScore& score);

}  // namespace uie::cli
