// Several models behind one server, some of which could not be loaded.
#include "server/server_fixture.h"

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::get;
using testing_support::post;

class ModelsTest : public testing_support::ServerTest {};

TEST_F(ModelsTest, AMissingModelIsShownAndAnswers503) {
  start();
  service->add_missing_model("small", "vocab.txt is not there");
  const Json models = ask(get("/v1/models")).json()["models"];
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0]["ready"], true);
  EXPECT_FALSE(models[0].contains("reason"));
  EXPECT_EQ(models[1]["default"], false);
  EXPECT_EQ(models[1]["ready"], false);
  EXPECT_EQ(models[1]["reason"], "vocab.txt is not there");
  EXPECT_EQ(ask(get("/health")).json()["status"], "degraded");
  EXPECT_EQ(ask(get("/readyz")).status, 200);

  for (const auto& [path, body] : {
           std::pair{"/v1/extract", R"({"text":"a","schema":{"x":null},"model":"small"})"},
           std::pair{"/predict", R"({"text":"a","schema":{"x":null},"model":"small"})"},
           std::pair{"/v1/tokenize", R"({"text":"a","model":"small"})"},
           std::pair{"/call", R"({"input":"a","schema":{"x":null},"model":"small"})"},
           std::pair{"/taskflow/uie", R"({"data":{"text":"a"},"parameters":{"schema":"x"},"model":"small"})"},
       }) {
    const Answer answer = ask(post(path, body));
    EXPECT_EQ(answer.status, 503) << path << answer.body;
    EXPECT_EQ(answer.header("retry-after"), "1") << path;
    EXPECT_NE(answer.body.find("vocab.txt is not there"), std::string::npos) << answer.body;
  }
}

TEST_F(ModelsTest, AnUnknownModelIsRefusedWithTheKnown) {
  start();
  service->add_missing_model("small", "why");
  const Answer answer = ask(post("/v1/extract", R"({"text":"a","schema":{"x":null},"model":"large"})"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.json()["detail"].get<std::string>().find("main, small"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace uie
