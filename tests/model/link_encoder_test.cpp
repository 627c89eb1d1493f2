#include "model/link_encoder.h"

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <stdexcept>

namespace uie::model {
namespace {

using Batch = std::span<const LinkQuery* const>;

class ScriptedModel : public LinkModel {
 public:
  explicit ScriptedModel(std::function<std::vector<LinkHits>(Batch)> script) : script_(std::move(script)) {}
  std::vector<LinkHits> run(Batch batch) override { return script_(batch); }
  size_t weight_bytes() const override { return 0; }

 private:
  std::function<std::vector<LinkHits>(Batch)> script_;
};

LinkQuery query_of(std::vector<int32_t> ids) {
  LinkQuery query;
  const size_t length = ids.size();
  query.ids = std::move(ids);
  query.segments = query.positions = query.groups = query.slots = std::vector<int32_t>(length, 0);
  return query;
}

Result<std::vector<QueryResult>> run(std::function<std::vector<LinkHits>(Batch)> script,
                                     const std::vector<Query>& queries) {
  const QueryLimits limits = {.vocabulary = 10, .positions = 10, .segments = 0, .length = 10};
  const auto encoder = make_link_encoder(std::make_unique<ScriptedModel>(std::move(script)), limits, {});
  std::vector<const Query*> batch;
  for (const Query& query : queries) batch.push_back(&query);
  return encoder->run(batch);
}

TEST(LinkEncoder, ResultsKeepTheOrderOfTheBatch) {
  const auto echo = [](Batch batch) {
    std::vector<LinkHits> hits;
    for (const LinkQuery* query : batch) hits.push_back({{}, {static_cast<float>(query->ids[0])}});
    return hits;
  };
  const auto results = run(echo, {query_of({3}), query_of({1}), query_of({2})});
  ASSERT_TRUE(results);
  std::vector<float> seen;
  for (const QueryResult& result : *results) seen.push_back(std::get<LinkHits>(result).probes[0]);
  EXPECT_EQ(seen, (std::vector<float>{3, 1, 2}));
}

TEST(LinkEncoder, ABadQueryIsNamedByItsIndexAndNothingRuns) {
  bool ran = false;
  const auto script = [&](Batch) { return ran = true, std::vector<LinkHits>{}; };
  for (const Query& bad : {Query(query_of({11})), Query(query_of({})), Query(PointerQuery{})}) {
    const auto results = run(script, {query_of({1}), query_of({2}), bad});
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(results.error().where, "2");
  }
  EXPECT_FALSE(ran);
}

TEST(LinkEncoder, AnEmptyBatchHasNoResults) {
  const auto results = run([](Batch) { return std::vector<LinkHits>{}; }, {});
  ASSERT_TRUE(results);
  EXPECT_TRUE(results->empty());
}

TEST(LinkEncoder, ExceptionsEndHereAndTheirTextStaysInside) {
  const auto broken =
      run([](Batch) -> std::vector<LinkHits> { throw std::runtime_error("secret path"); }, {query_of({1})});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::internal);
  EXPECT_EQ(broken.error().message.find("secret"), std::string::npos);
  const auto full = run([](Batch) -> std::vector<LinkHits> { throw std::bad_alloc(); }, {query_of({1})});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::unavailable);
  const auto odd = run([](Batch) -> std::vector<LinkHits> { throw 3; }, {query_of({1})});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace uie::model
