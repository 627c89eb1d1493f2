// The page's files.
#include "server/server_fixture.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::get;

class StaticTest : public testing_support::ServerTest {
 protected:
  void SetUp() override {
    dir = std::filesystem::path(::testing::TempDir()) / ("uie_web_" + std::to_string(::getpid()));
    std::filesystem::create_directories(dir / "web/js");
    write("web/index.html", "<!doctype html><title>页</title>");
    write("web/js/main.js", "export const x = 1;");
    write("web/data.json", "{}");
    write("secret.txt", "secret");
    options.web_dir = dir / "web";
  }
  void TearDown() override {
    ServerTest::TearDown();
    std::filesystem::remove_all(dir);
  }
  void write(const char* name, const char* text) { std::ofstream(dir / name) << text; }

  std::filesystem::path dir;
};

TEST_F(StaticTest, ServesThePage) {
  start();
  const Answer page = ask(get("/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.header("date").ends_with(" GMT"));
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.header("content-security-policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page.body, "<!doctype html><title>页</title>");
  EXPECT_EQ(ask(get("/index.html")).body, page.body);
  EXPECT_EQ(ask(get("/js/main.js")).header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(ask(get("/data.json?v=2")).status, 200);
  EXPECT_EQ(metrics.value("uie_http_requests_total{route=static,status=200}"), 4);
}

TEST_F(StaticTest, AnswersNotModified) {
  start();
  const std::string etag = ask(get("/js/main.js")).header("etag");
  ASSERT_EQ(etag.size(), 18u);
  auto client = connect();
  const auto same = client.request(get("/js/main.js", "If-None-Match: " + etag + "\r\n"));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 304);
  EXPECT_EQ(same->header("content-length"), "");
  EXPECT_EQ(client.request(get("/js/main.js", "If-None-Match: \"other\"\r\n"))->status, 200);
}

TEST_F(StaticTest, NothingOutsideTheFolder) {
  start();
  for (const char* path : {"/../secret.txt", "/js/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                           "//etc/passwd", "/js", "/js/", "/./index.html", "/index.html%00"}) {
    EXPECT_EQ(ask(get(path)).status, 404) << path;
  }
}

// Every operation of the published description exists, and every route is described.
TEST_F(StaticTest, ApiDescriptionIsTrue) {
  options.web_dir = std::filesystem::path(UIE_SOURCE_DIR) / "web";
  start();
  EXPECT_EQ(ask(get("/docs")).status, 200);
  const Json api = ask(get("/openapi.json")).json();
  std::string described;
  for (const auto& [path, operations] : api["paths"].items()) {
    described += path + "\n";
    const std::string allow = ask("OPTIONS " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").header("allow");
    for (const auto& [method, details] : operations.items()) {
      if (method == "parameters") continue;
      std::string name = method;
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      EXPECT_NE(allow.find(name), std::string::npos) << method << " " << path;
    }
  }
  for (const std::string& key : metrics.keys()) {
    const std::string prefix = "uie_http_request_seconds{route=";
    if (!key.starts_with(prefix + "/")) continue;
    const std::string route = key.substr(prefix.size(), key.size() - prefix.size() - 1);
    EXPECT_NE(described.find(route + "\n"), std::string::npos) << route << " is not in web/openapi.json";
  }
}

TEST_F(StaticTest, MissingFolderIsExplained) {
  options.web_dir = dir / "nowhere";
  options.port = 0;
  service = std::make_unique<testing_support::FakeService>();
  server = std::make_unique<Server>(*service, options, limits, metrics);
  const auto started = server->start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("--web-dir"), std::string::npos);
}

TEST_F(StaticTest, NoFolderNoPage) {
  options.web_dir.clear();
  start();
  EXPECT_EQ(ask(get("/")).status, 404);
}

}  // namespace
}  // namespace uie
