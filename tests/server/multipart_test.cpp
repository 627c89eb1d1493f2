// multipart/form-data: what browsers and curl send, and what no one should.
#include "server/multipart.h"

#include <random>

#include <gtest/gtest.h>

namespace uie {
namespace {

constexpr const char* type = "multipart/form-data; boundary=XyZ";

std::string part(const std::string& head, const std::string& content) {
  return "--XyZ\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
}

std::string name_in(const std::string& head) {
  const auto parts = parse_multipart(type, part(head, "") + "--XyZ--");
  return parts ? parts->at(0).name : "error: " + parts.error().message;
}

TEST(Multipart, ReadsWhatBrowsersAndCurlSend) {
  const std::string body =
      "a preamble for readers without MIME\r\n--XyZ  \r\ncontent-disposition:form-data ; name=\"schema\"\r\n\r\n"
      "{\"人物\":null}\r\n--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"评论.csv\"\r\n"
      "Content-Type: text/csv\r\n\r\ntext\r\n--XyY\r\n\r\n--XyZ--\r\nan epilogue";
  const auto parts = parse_multipart("multipart/form-data; charset=utf-8; BOUNDARY=\"XyZ\"", body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "schema");
  EXPECT_FALSE((*parts)[0].filename);
  EXPECT_EQ((*parts)[0].content, "{\"人物\":null}");
  EXPECT_EQ((*parts)[1].filename, "评论.csv");
  EXPECT_EQ((*parts)[1].content_type, "text/csv");
  EXPECT_EQ((*parts)[1].content, "text\r\n--XyY\r\n");
}

TEST(Multipart, ReadsNames) {
  EXPECT_EQ(name_in(R"(name="a;b=\"c\"")"), R"(a;b="c")");
  EXPECT_EQ(name_in(R"(filename="name=x"; name=bare)"), "bare");
  EXPECT_EQ(name_in(R"(name="C:\dir\\x")"), R"(C:\dir\x)");
  EXPECT_EQ(name_in("name=\"never closed"), "never closed");
  EXPECT_EQ(name_in("filename=\"x\"; name"), "error: the form has a part without a name");
}

TEST(Multipart, RefusesWhatIsBroken) {
  const std::string good = part("name=a", "1");
  EXPECT_TRUE(parse_multipart(type, good + "--XyZ--"));
  EXPECT_TRUE(parse_multipart(type, "--XyZ--")->empty());
  const std::string many(100, 'x');
  std::string parts;
  for (int i = 0; i < 65; ++i) parts += good;
  const std::vector<std::string> bodies = {
      "",
      "--XyZ",
      good,
      good + "--XyZ",
      good + "--XyZ-",
      good + "--XyZwhat\r\n--XyZ--",
      parts + "--XyZ--",
      "--XyZ\r\n\r\nno head\r\n--XyZ--",
      "--XyZ\r\nno colon\r\n\r\n1\r\n--XyZ--",
      "--XyZ\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n1\r\n--XyZ--",
      part("name=a\r\nContent-Transfer-Encoding: base64", "MQ==") + "--XyZ--",
  };
  for (const std::string& body : bodies) EXPECT_FALSE(parse_multipart(type, body)) << body.substr(0, 200);
  for (const std::string& more : {std::string(), std::string("; boundary="), "; boundary=" + many,
                                  std::string("; x; ="), std::string("; boundary")})
    EXPECT_FALSE(parse_multipart("multipart/form-data" + more, good + "--XyZ--")) << more;
}

// Whatever was cut off or changed: an error, or parts that lie in the body. Of a form that was only cut, what is read
// was sent so: no text is cut in the middle without a word.
TEST(Multipart, NothingBrokenPassesForWhole) {
  std::mt19937 random(7);
  const auto below = [&](size_t limit) { return random() % limit; };
  const std::string alphabet = "\r\n--XyZ \";=:\xE4\xBA\xBA";
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> contents;
    std::string body;
    for (size_t i = 0; i <= below(4); ++i) {
      std::string content;
      for (size_t size = below(40); content.size() < size;) content += alphabet[below(alphabet.size())];
      if (("\r\n" + content + "\r\n").find("\r\n--XyZ") != std::string::npos) content = "plain";
      contents.push_back(content);
      body += part("name=f" + std::to_string(i), content);
    }
    body += "--XyZ--\r\n";
    const auto whole = parse_multipart(type, body);
    ASSERT_TRUE(whole) << body;
    ASSERT_EQ(whole->size(), contents.size());
    for (size_t i = 0; i < contents.size(); ++i) EXPECT_EQ((*whole)[i].content, contents[i]);
    for (size_t size = 0; size + 2 < body.size(); ++size) EXPECT_FALSE(parse_multipart(type, body.substr(0, size)));
    for (int change = 0; change < 100; ++change) {
      std::string changed = body;
      changed[below(changed.size())] = alphabet[below(alphabet.size())];
      changed.erase(below(changed.size()), below(3));
      const auto parts = parse_multipart(type, changed);
      for (const FormPart& read : parts ? *parts : std::vector<FormPart>()) {
        EXPECT_GE(read.content.data(), changed.data());
        EXPECT_LE(read.content.data() + read.content.size(), changed.data() + changed.size());
        EXPECT_EQ(read.content.find("\r\n--XyZ"), std::string_view::npos);
      }
    }
  }
}

}  // namespace
}  // namespace uie
