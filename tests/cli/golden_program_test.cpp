// Every golden line of the four Siamese checkpoints in flight at once on one server: the reference's answers, order
// included.
//
// UIE_SIAMESE_GOLDEN names another folder of checkpoints with golden.jsonl or golden.jsonl.xz in each.
#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <cstdlib>

#include "cli/serving.h"
#include "data_files.h"

namespace uie::test {
namespace {

namespace fs = std::filesystem;

struct Line {
  std::string model;
  Json json;

  bool all_prefixes() const { return json["output_all_prefix"]; }
};

struct Answer {
  int status = 0;  // 0: none came
  std::string body;
};

fs::path golden_folder() {
  const char* named = std::getenv("UIE_SIAMESE_GOLDEN");
  return named ? fs::path(named) : data_file("siamese");
}

std::vector<fs::path> checkpoints() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(golden_folder())) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<Line> lines_of(const fs::path& folder) {
  const auto plain = folder / "golden.jsonl";
  std::vector<Line> lines;
  for (const std::string& line : fs::exists(plain) ? split_lines(read_file(plain)) : xz_lines(plain.string() + ".xz"))
    lines.push_back({folder.filename(), Json::parse(line)});
  return lines;
}

// Lists of texts need one set of options.
Json request(const std::vector<const Line*>& lines) {
  Json body{{"model", lines[0]->model}, {"texts", Json::array()}, {"schemas", Json::array()}};
  body["options"]["output_all_prefix"] = lines[0]->all_prefixes();
  for (const Line* line : lines) {
    body["texts"].push_back(line->json["text"]);
    body["schemas"].push_back(line->json["schema"]);
  }
  return body;
}

class GoldenAtOnce : public testing::Test {
 protected:
  GoldenAtOnce() {
    std::vector<std::string> flags;
    for (const fs::path& folder : checkpoints()) {
      flags.insert(flags.end(), {"--model", folder.filename().string() + "=" + folder.string()});
      for (Line& line : lines_of(folder)) lines_.push_back(std::move(line));
    }
    serving_ = std::make_unique<Serving>(flags);
  }

  void SetUp() override {
    ASSERT_TRUE(serving_->started()) << serving_->log();
    ASSERT_GE(lines_.size(), 247u);
  }

  // Sends all at the same moment, each on a connection of its own, and compares line by line.
  void expect_golden(const std::vector<std::vector<const Line*>>& requests) const {
    std::barrier all_ready(static_cast<std::ptrdiff_t>(requests.size()));
    std::vector<std::thread> clients;
    std::vector<Answer> answers(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      clients.emplace_back([&, i] {
        const std::string body = request(requests[i]).dump();
        all_ready.arrive_and_wait();
        if (const auto answer = serving_->post("/v1/extract", body)) answers[i] = {answer->status, answer->body};
      });
    }
    for (std::thread& client : clients) client.join();
    for (size_t i = 0; i < requests.size(); ++i) {
      ASSERT_EQ(answers[i].status, 200) << answers[i].body;
      const Json results = Json::parse(answers[i].body)["results"];
      ASSERT_EQ(results.size(), requests[i].size());
      for (size_t k = 0; k < results.size(); ++k) expect_golden(results[k], *requests[i][k]);
    }
  }

  static void expect_golden(Json result, const Line& line) {
    for (Json& tuple : result["output"]) {
      for (Json& item : tuple) item.erase("confidence");
    }
    EXPECT_EQ(result["output"], line.json["result"]) << line.json["id"];
  }

  std::vector<Line> lines_;
  std::unique_ptr<Serving> serving_;
};

TEST_F(GoldenAtOnce, EachLineAsARequestOfItsOwn) {
  std::vector<std::vector<const Line*>> requests;
  for (const Line& line : lines_) requests.push_back({&line});
  expect_golden(requests);
}

TEST_F(GoldenAtOnce, AllLinesOfAModelAsOneList) {
  std::map<std::pair<std::string, bool>, std::vector<const Line*>> lists;
  for (const Line& line : lines_) lists[{line.model, line.all_prefixes()}].push_back(&line);
  std::vector<std::vector<const Line*>> requests;
  for (auto& [key, lines] : lists) requests.push_back(std::move(lines));
  expect_golden(requests);
}

// The first model is the one that clients of ModelScope's server, who name none, talk to.
TEST_F(GoldenAtOnce, DescribeSpeaksOfTheFirstModel) {
  const Json described = Json::parse(serving_->get("/describe")->body);
  EXPECT_EQ(described["schema"]["task_name"], "siamese-uie");
  const auto called = serving_->post("/call", described["sample"]);
  ASSERT_EQ(called->status, 200) << called->body;
  EXPECT_TRUE(Json::parse(called->body)["output"].is_array());
}

}  // namespace
}  // namespace uie::test
