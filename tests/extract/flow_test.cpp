// A very long text hands its queries out in portions, whatever the family.
#include "extract/flow.h"

#include <gtest/gtest.h>

#include "extract/drive.h"
#include "extract/fake_pointer_encoder.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_family.h"
#include "extract/siamese_family.h"

namespace uie::test {
namespace {

struct Case {
  const char* name;
  std::shared_ptr<const Family> family;
  QueryResult (*answer)(const Query&);  // that nothing was found
  size_t queries;                       // of the text below
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Flow : public testing::TestWithParam<Case> {};

TEST_P(Flow, HandsOutAVeryLongTextInPortions) {
  const auto extraction = GetParam().family->begin(make_task(std::string(400'000, 'a'), R"({"甲":null,"乙":null})"));
  std::vector<Query> out = extraction->next();
  EXPECT_EQ(out.size(), kMaxInFlight);
  EXPECT_TRUE(extraction->next().empty());
  size_t fed = 0, most = 0;
  while (!extraction->done()) {
    ASSERT_LT(fed, out.size());
    ASSERT_TRUE(extraction->feed(fed, GetParam().answer(out[fed])));
    ++fed;
    for (Query& query : extraction->next()) out.push_back(std::move(query));
    most = std::max(most, out.size() - fed);
  }
  EXPECT_LE(most, kMaxInFlight);
  EXPECT_EQ(out.size(), GetParam().queries);
}

std::vector<Case> cases() {
  const std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<FakeTokenizer>();
  return {{"Rex", make_rex_family(tokenizer, {}).value(), [](const Query&) { return QueryResult(LinkHits{}); }, 848},
          {"Siamese", make_siamese_family("siamese-uie", tokenizer, {}).value(),
           [](const Query& query) { return QueryResult(HashPointers(1, 0).answer(std::get<PointerQuery>(query))); },
           2 * 1137}};
}

INSTANTIATE_TEST_SUITE_P(Families, Flow, testing::ValuesIn(cases()), [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace uie::test
