// The real binary with several models, one of which is broken; and the routes of existing clients on the real model.
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "cli/serving.h"

namespace uie::test {
namespace {

const std::string kModel = default_model().string();

Json extract_request(const std::string& model) {
  return {{"model", model},
          {"text", "王小明在北京大学读书，李华在上海工作。"},
          {"schema", {{"人物", nullptr}, {"组织机构", nullptr}, {"地理位置", nullptr}}}};
}

TEST(ModelsProgram, SeveralModelsInOneProcess) {
  TempDir broken;
  broken.write("config.json", "{}");
  const Serving server({"--model", "a=" + kModel, "--model", "b=" + kModel + "/", "--model",
                        "c=" + (broken / "").string(), "--allow-partial"});
  ASSERT_TRUE(server.started()) << server.log();
  EXPECT_NE(server.log().find("model c could not be loaded"), std::string::npos) << server.log();
  EXPECT_NE(server.log().find("2 models share the CPU"), std::string::npos) << server.log();
  EXPECT_NE(server.out().find("Model c is missing"), std::string::npos) << server.out();

  const Json models = Json::parse(server.get("/v1/models")->body)["models"];
  ASSERT_EQ(models.size(), 3u);
  for (const int i : {0, 1}) {
    EXPECT_EQ(models[i]["ready"], true);
    EXPECT_EQ(models[i]["family"], "rex-uninlu");
    EXPECT_GT(models[i]["memory_bytes"], 1'000'000);
    EXPECT_GT(models[i]["limits"]["max_length"], 0);
  }
  EXPECT_EQ(models[2]["name"], "c");
  EXPECT_EQ(models[2]["ready"], false);
  const std::string reason = models[2]["reason"];
  EXPECT_FALSE(reason.empty());
  EXPECT_EQ(reason.find("/tmp"), std::string::npos) << reason;
  EXPECT_EQ(server.get("/readyz")->status, 200);
  EXPECT_EQ(Json::parse(server.get("/health")->body)["status"], "degraded");

  // Side by side, the two give the same as each gives alone.
  const auto alone = server.post("/v1/extract", extract_request("a"));
  ASSERT_TRUE(alone);
  const Json expected = Json::parse(alone->body)["results"];
  EXPECT_EQ(expected[0]["output"][0][0]["span"], "王小明") << alone->body;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, model = std::string(i % 2 == 0 ? "a" : "b")] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        const auto answer = server.post("/v1/extract", extract_request(model));
        ASSERT_TRUE(answer);
        const Json json = Json::parse(answer->body);
        EXPECT_EQ(json["model"], model);
        EXPECT_EQ(json["results"][0]["output"].size(), expected[0]["output"].size());
        EXPECT_EQ(json["results"][0]["output"][0][0]["span"], "王小明");
      }
    });
  }
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(server.post("/v1/extract", extract_request("c"))->status, 503);
  EXPECT_EQ(server.post("/v1/extract", extract_request("d"))->status, 422);

  const std::string metrics = server.get("/metrics")->body;
  for (const char* line :
       {R"(uie_device_healthy{device="cpu",model="a"} 1)", R"(uie_device_healthy{device="cpu",model="b"} 1)",
        R"(uie_model_ready{model="b"} 1)", R"(uie_model_ready{model="c"} 0)", R"(uie_queue_depth{model="b"} 0)"})
    EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;
}

TEST(ModelsProgram, OneModelThatCannotBeLoadedStopsTheStart) {
  const auto result = run_program(
      {"serve", "--port", "0", "--log-level", "off", "--model", "a=" + kModel, "--model", "b=/nowhere/at/all"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(split_lines(result.err).size(), 1u) << result.err;
  EXPECT_TRUE(result.err.starts_with("uie: model b: ")) << result.err;
  EXPECT_NE(result.err.find("/nowhere/at/all"), std::string::npos) << result.err;
  const auto none =
      run_program({"serve", "--port", "0", "--log-level", "off", "--model", "/nowhere", "--allow-partial"});
  EXPECT_EQ(none.status, 1) << "nothing to serve";
}

TEST(ModelsProgram, NamesThatClashAreWrongUsage) {
  const auto result = run_program({"serve", "--port", "0", "--model", "a=" + kModel, "--model", "a=" + kModel});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(split_lines(result.err).size(), 1u) << result.err;
  EXPECT_NE(result.err.find("already"), std::string::npos) << result.err;
}

TEST(ModelsProgram, ExistingClientsOnTheDefaultModel) {
  const Serving server({});
  ASSERT_TRUE(server.started()) << server.log();

  const Json described = Json::parse(server.get("/describe")->body);
  EXPECT_EQ(described["schema"]["task_name"], "rex-uninlu");
  const auto called = server.post("/call", described["sample"]);
  ASSERT_EQ(called->status, 200) << called->body;
  const Json output = Json::parse(called->body)["output"];
  ASSERT_FALSE(output.empty());
  for (const Json& path : output) {
    EXPECT_EQ(path[0].size(), 3u) << path;
    EXPECT_TRUE(path[0].contains("type") && path[0].contains("span") && path[0].contains("offset"));
  }

  const Json request = {{"data", {{"text", {"王小明在北京大学读书。", "这家餐厅的菜很好吃，服务也热情，非常满意！"}}}},
                        {"parameters", {{"schema", {"人物", "情感倾向[正向，负向]"}}}}};
  const auto answered = server.post("/taskflow/uie", request);
  ASSERT_EQ(answered->status, 200) << answered->body;
  const Json result = Json::parse(answered->body)["result"];
  ASSERT_EQ(result.size(), 2u);
  EXPECT_EQ(result[0]["人物"][0]["text"], "王小明") << answered->body;
  EXPECT_EQ(result[0]["人物"][0]["start"], 0);
  EXPECT_EQ(result[0]["人物"][0]["end"], 3);
  EXPECT_EQ(result[1]["情感倾向[正向，负向]"][0]["text"], "正向") << answered->body;
  EXPECT_FALSE(result[1]["情感倾向[正向，负向]"][0].contains("start"));
}

}  // namespace
}  // namespace uie::test
