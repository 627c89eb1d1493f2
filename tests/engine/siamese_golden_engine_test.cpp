// SiameseUIE behind the engine: all golden cases of a checkpoint at once, in random order, with one and three planners.
// The answers are the reference's, order included.
#include <gtest/gtest.h>

#include "engine/all_at_once.h"
#include "extract/siamese_case.h"
#include "uie/model/encoder.h"

namespace uie::test {
namespace {

class SiameseGoldenEngine : public testing::TestWithParam<const char*> {};

TEST_P(SiameseGoldenEngine, AllAtOnceGiveTheReferencesAnswers) {
  const auto dir = siamese_dir(GetParam());
  const auto family = load_family(dir, ExtractOptions{}).value();
  EncoderOptions options;
  options.dtype = "fp32";
  options.threads = 1;
  options.pin_threads = false;
  const std::vector<SiameseCase> cases = siamese_cases(GetParam());
  std::vector<Task> tasks;
  for (const SiameseCase& c : cases) tasks.push_back(c.task);
  std::mt19937_64 random(13);
  for (const int planners : {1, 3}) {
    const auto [answers, queries_run] = all_at_once(
        family, [&] { return load_encoder(dir, options); }, tasks, planners, random);
    uint64_t queries = 0;
    for (size_t i = 0; i < cases.size(); ++i) {
      SCOPED_TRACE(cases[i].id);
      EXPECT_EQ(native(answers[i], cases[i].task.text), cases[i].result());
      queries += answers[i].usage.queries;
    }
    EXPECT_EQ(queries, queries_run);
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, SiameseGoldenEngine, testing::ValuesIn(kSiameseCheckpoints));

}  // namespace
}  // namespace uie::test
