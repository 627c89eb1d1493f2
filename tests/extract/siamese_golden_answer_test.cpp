// End to end on the real encoder: the reference's answers, order included, for each line of the golden files; one at a
// time, and all of them interleaved in random order as one stream of batches.
#include <gtest/gtest.h>

#include "extract/drive.h"
#include "extract/siamese_case.h"
#include "extract/siamese_extraction.h"

namespace uie::test {
namespace {

struct Setup {
  std::string checkpoint;
  bool reference_path;  // of the encoder
};

void PrintTo(const Setup& setup, std::ostream* out) {
  *out << setup.checkpoint << (setup.reference_path ? " reference" : " default");
}

class SiameseGoldenAnswers : public testing::TestWithParam<Setup> {
 protected:
  void SetUp() override {
    const auto dir = siamese_dir(GetParam().checkpoint);
    family_ = load_family(dir, ExtractOptions{}).value();
    EncoderOptions options;
    options.reference = GetParam().reference_path;
    options.dtype = "fp32";
    options.pin_threads = false;
    options.threads = 1;  // answers are compared, not speed
    auto encoder = load_encoder(dir, options);
    ASSERT_TRUE(encoder) << encoder.error().message;
    encoder_ = std::move(*encoder);
    cases_ = siamese_cases(GetParam().checkpoint);
    ASSERT_GE(cases_.size(), 59u);
  }

  void expect_answer(const SiameseCase& c, const Extracted& answer) const {
    EXPECT_EQ(native(answer, c.task.text), c.result());
    EXPECT_FALSE(answer.truncated);
    EXPECT_EQ(answer.usage.characters, c.task.text.size());
  }

  std::shared_ptr<const Family> family_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<SiameseCase> cases_;
};

TEST_P(SiameseGoldenAnswers, OneAtATime) {
  for (const SiameseCase& c : cases_) {
    SCOPED_TRACE(c.id);
    std::vector<std::unique_ptr<Extraction>> one;
    one.push_back(family_->begin(c.task));
    const auto& siamese = dynamic_cast<const SiameseExtraction&>(*one.front());
    const uint64_t passes_before = encoder_->lower_half().text_passes;
    const Extracted answer = drive(one, *encoder_).front();
    expect_answer(c, answer);
    if (!GetParam().reference_path) {
      EXPECT_LE(encoder_->lower_half().text_passes - passes_before, answer.usage.windows)
          << "whatever asks, one a window";
    }
    EXPECT_EQ(siamese.reference_prompts(), c.prompts());
    EXPECT_LE(answer.usage.queries, c.prompts() * answer.usage.windows) << "equal prompts are asked once";
  }
}

TEST_P(SiameseGoldenAnswers, AllInterleavedInAnyOrder) {
  std::mt19937_64 random(7);
  for (const size_t max_batch : {size_t{5}, size_t{24}}) {
    std::shuffle(cases_.begin(), cases_.end(), random);
    std::vector<std::unique_ptr<Extraction>> extractions;
    for (const SiameseCase& c : cases_) extractions.push_back(family_->begin(c.task));
    const std::vector<Extracted> answers = drive(extractions, *encoder_, &random, max_batch);
    for (size_t i = 0; i < cases_.size(); ++i) {
      SCOPED_TRACE(cases_[i].id);
      expect_answer(cases_[i], answers[i]);
    }
  }
}

std::vector<Setup> setups() {
  std::vector<Setup> list;
  for (const char* checkpoint : kSiameseCheckpoints) {
    for (const bool reference : {true, false}) list.push_back({checkpoint, reference});
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, SiameseGoldenAnswers, testing::ValuesIn(setups()));

}  // namespace
}  // namespace uie::test
