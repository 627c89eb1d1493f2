// The real family and the real encoder behind the engine: all golden cases at once, in random order, with one to four
// planners. The answers are those of one thread without an engine, and the reference's.
#include <gtest/gtest.h>

#include "engine/all_at_once.h"
#include "extract/drive.h"
#include "extract/golden_case.h"

namespace uie::test {
namespace {

struct Model {
  std::string folder, cases;  // below tests/data
  std::vector<int> planners;
};

void PrintTo(const Model& model, std::ostream* out) { *out << model.folder; }

// In long classification texts ours departs from the reference on purpose: the extraction's own golden test lists them.
bool may_differ(const GoldenCase& c) { return is_classification(c) && c.task.text.size() > 250; }

std::set<std::string> tuples_of(const Extracted& answer, const Text& text) {
  return tuple_strings(chains_to_json(answer.chains, text, OffsetUnit::codepoint, false));
}

class GoldenEngine : public testing::TestWithParam<Model> {
 protected:
  void SetUp() override {
    dir_ = data_file(GetParam().folder);
    if (!std::filesystem::exists(dir_ / "config.json")) GTEST_SKIP() << "no model in " << dir_;
    auto family = load_family(dir_, ExtractOptions{});
    ASSERT_TRUE(family) << family.error().message;
    family_ = *family;
    options_.dtype = "fp32";
    options_.threads = 1;
    options_.pin_threads = false;
    cases_ = golden_cases(GetParam().cases);
    auto encoder = load_encoder(dir_, options_);
    ASSERT_TRUE(encoder) << encoder.error().message;
    for (const GoldenCase& c : cases_) alone_.push_back(drive_one(*family_, c.task, **encoder));
  }

  // The answers of all cases, submitted at once in random order.
  EngineRun through_engine(int planners, std::mt19937_64& random) const {
    std::vector<Task> tasks;
    for (const GoldenCase& c : cases_) tasks.push_back(c.task);
    return all_at_once(
        family_, [this] { return load_encoder(dir_, options_); }, tasks, planners, random);
  }

  std::filesystem::path dir_;
  EncoderOptions options_;
  std::shared_ptr<const Family> family_;
  std::vector<GoldenCase> cases_;
  std::vector<Extracted> alone_;
};

// Same tuples in the same order; confidences within 1e-4 relative (batches sum in another order).
void expect_same(const Extracted& answer, const Extracted& alone) {
  ASSERT_EQ(answer.chains.size(), alone.chains.size());
  for (size_t i = 0; i < alone.chains.size(); ++i) {
    ASSERT_EQ(answer.chains[i].size(), alone.chains[i].size());
    for (size_t j = 0; j < alone.chains[i].size(); ++j) {
      Item item = answer.chains[i][j];
      const double expected = alone.chains[i][j].confidence;
      EXPECT_NEAR(item.confidence, expected, 1e-4 * expected);
      item.confidence = expected;
      EXPECT_EQ(item, alone.chains[i][j]);
    }
  }
}

TEST_P(GoldenEngine, AllAtOnceGiveTheReferencesAnswers) {
  std::mt19937_64 random(11);
  for (const int planners : GetParam().planners) {
    const auto [answers, queries_run] = through_engine(planners, random);
    uint64_t queries = 0;
    for (size_t i = 0; i < cases_.size(); ++i) {
      SCOPED_TRACE(cases_[i].id);
      expect_same(answers[i], alone_[i]);
      const bool reference = tuples_of(answers[i], cases_[i].task.text) == cases_[i].result;
      EXPECT_TRUE(reference || may_differ(cases_[i]));
      queries += answers[i].usage.queries;
      EXPECT_EQ(answers[i].usage.characters, cases_[i].task.text.size());
      EXPECT_GT(answers[i].timing.total, 0);
    }
    EXPECT_EQ(queries, queries_run) << "what the answers say they used is what the device ran";
  }
}

std::vector<Model> models() {
  std::vector<Model> list;
  for (const std::string name : kCheckpoints) {
    list.push_back({"rex/" + name, "rex/" + name + "/golden.jsonl.xz", {1, 2, 3, 4}});
  }
  list.push_back({"../../models/default", "real/golden.jsonl.xz", {2}});
  return list;
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenEngine, testing::ValuesIn(models()));

}  // namespace
}  // namespace uie::test
