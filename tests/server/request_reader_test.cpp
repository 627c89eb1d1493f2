// Heads, chunked bodies and pipelining, without sockets.
#include "server/request_reader.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace uie {
namespace {

using State = RequestReader::State;

RequestReader fed(std::string_view bytes, const ReadLimits& limits = {}) {
  RequestReader reader(limits);
  reader.feed(bytes);
  return reader;
}

int refused_status(std::string_view bytes, const ReadLimits& limits = {}) {
  const RequestReader reader = fed(bytes, limits);
  return reader.state() == State::refused ? reader.problem().status : 0;
}

const std::string host = "Host: x\r\n";

TEST(RequestReader, ReadsHeadAndBody) {
  RequestReader reader = fed("POST /a?b=1#c HTTP/1.1\r\nHost: x\r\nX-Thing:  v 1 \r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_EQ(reader.state(), State::complete);
  const HttpRequest request = reader.take();
  EXPECT_EQ(request.head.method, "POST");
  EXPECT_EQ(request.head.target, "/a?b=1");
  EXPECT_EQ(request.head.path(), "/a");
  ASSERT_NE(request.head.find("x-thing"), nullptr);
  EXPECT_EQ(*request.head.find("x-thing"), "v 1");
  EXPECT_EQ(request.body, "abc");
  EXPECT_TRUE(request.head.keep_alive);
  EXPECT_EQ(reader.state(), State::idle);
}

TEST(RequestReader, ReadsChunks) {
  RequestReader reader =
      fed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
          "chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nGET");
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.take().body, "abc0123456789");
  EXPECT_EQ(reader.state(), State::head);  // of the next request
}

TEST(RequestReader, TargetsInOtherForms) {
  EXPECT_EQ(fed("GET http://host:80/p?q HTTP/1.1\r\nHost: x\r\n\r\n").take().head.target, "/p?q");
  EXPECT_EQ(fed("GET http://host HTTP/1.1\r\nHost: x\r\n\r\n").take().head.target, "/");
  EXPECT_EQ(fed("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").take().head.target, "*");
  EXPECT_EQ(refused_status("GET * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(refused_status("GET relative HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesWhatCanBeReadTwoWays) {
  const std::string line = "POST / HTTP/1.1\r\n" + host;
  EXPECT_EQ(refused_status(line + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length: 3, 3\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length: +3\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length: 0x3\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Content-Length:\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Transfer-Encoding: identity\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "Name : v\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + " folded\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "no colon\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "X: a\nY: b\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + "X: a\rb\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(line + std::string("X: a\0b\r\n\r\n", 10)), 400);
  EXPECT_EQ(refused_status(line + host + "\r\n"), 400);
  EXPECT_EQ(refused_status("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(refused_status("GET / HTTP/1.1\n"), 400);
  EXPECT_EQ(refused_status("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(refused_status(std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28)), 400);
  EXPECT_EQ(refused_status("GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(refused_status("\x16\x03\x01\x02"), 400);  // a TLS hello
}

TEST(RequestReader, OtherStatuses) {
  EXPECT_EQ(refused_status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refused_status("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
  EXPECT_EQ(refused_status("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n"), 417);
  EXPECT_EQ(refused_status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
}

TEST(RequestReader, BadChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(refused_status(head + "zz\r\n"), 400);
  EXPECT_EQ(refused_status(head + "-1\r\n"), 400);
  EXPECT_EQ(refused_status(head + "0x3\r\nabc\r\n"), 400);
  EXPECT_EQ(refused_status(head + " 3\r\nabc\r\n"), 400);
  EXPECT_EQ(refused_status(head + "3\nabc\r\n"), 400);
  EXPECT_EQ(refused_status(head + "3\r\nabcd\r\n"), 400);
  EXPECT_EQ(refused_status(head + "ffffffffffffffff\r\n"), 413);
  EXPECT_EQ(refused_status(head + "fffffffffffffffff\r\n"), 413);
  EXPECT_EQ(refused_status(head + std::string(2'000, '0')), 400);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1'000; ++i) trailers += "Trailer-Field: value\r\n";
  EXPECT_EQ(refused_status(head + trailers), 431);
}

TEST(RequestReader, LimitsAreExact) {
  ReadLimits limits;
  limits.head = {40, 50, 100};
  limits.body_bytes = 10;
  const auto request_line = [](size_t bytes) { return "GET /" + std::string(bytes - 15, 'a') + " HTTP/1.1\r\n"; };
  // The limit counts the line with its CR.
  EXPECT_EQ(fed(request_line(40) + host + "\r\n", limits).state(), State::complete);
  EXPECT_EQ(refused_status(request_line(41) + host + "\r\n", limits), 414);
  EXPECT_EQ(refused_status("GET /" + std::string(100, 'a'), limits), 414);  // before the line has ended
  const auto header = [](size_t bytes) { return "X: " + std::string(bytes - 4, 'b') + "\r\n"; };
  EXPECT_EQ(fed("GET / HTTP/1.1\r\n" + host + header(50) + "\r\n", limits).state(), State::complete);
  EXPECT_EQ(refused_status("GET / HTTP/1.1\r\n" + host + header(51) + "\r\n", limits), 431);
  EXPECT_EQ(refused_status("GET / HTTP/1.1\r\n" + host + header(40) + header(40) + header(40), limits), 431);
  EXPECT_EQ(refused_status("POST / HTTP/1.1\r\n" + host + "Content-Length: 11\r\n\r\n", limits), 413);
  EXPECT_EQ(fed("POST / HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\n0123456789", limits).state(),
            State::complete);
  const std::string chunked = "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fed(chunked + "a\r\n0123456789\r\n0\r\n\r\n", limits).state(), State::complete);
  EXPECT_EQ(refused_status(chunked + "6\r\n012345\r\n5\r\n", limits), 413);
}

// However the bytes are cut, the same requests come out.
TEST(RequestReader, AnyCutGivesTheSameRequests) {
  const std::string stream =
      "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\r\n"
      "POST /two HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;e=1\r\npedia\r\n0\r\nT: "
      "1\r\n\r\n"
      "GET /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    RequestReader reader{ReadLimits{}};
    std::string seen;
    for (size_t at = 0; at < stream.size();) {
      const size_t piece = std::min<size_t>(stream.size() - at, 1 + random() % (round % 2 ? 4 : 90));
      reader.feed(std::string_view(stream).substr(at, piece));
      at += piece;
      while (reader.state() == State::complete) {
        const HttpRequest request = reader.take();
        seen += request.head.target + "=" + request.body + (request.head.keep_alive ? ";" : ".");
      }
      ASSERT_NE(reader.state(), State::refused) << reader.problem().detail;
    }
    ASSERT_EQ(seen, "/one=hello;/two=wikipedia;/three=.");
  }
}

// Random damage never crashes, and memory stays within the limits.
TEST(RequestReader, SurvivesDamage) {
  const std::string good =
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n4\r\nwiki\r\n0\r\n\r\n"
      "POST /y HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd";
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (int edits = 1 + static_cast<int>(random() % 3); edits > 0; --edits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    RequestReader reader{ReadLimits{}};
    reader.feed(bytes);
    while (reader.state() == State::complete) reader.take();
    ASSERT_LE(reader.buffered(), bytes.size());
  }
}

TEST(RequestReader, MemoryStaysBoundedOnAnEndlessLine) {
  RequestReader reader{ReadLimits{}};
  reader.feed("GET / HTTP/1.1\r\nHost: x\r\nX: ");
  const std::string block(64u << 10, 'a');
  for (int i = 0; i < 1'000; ++i) {
    reader.feed(block);
    ASSERT_LE(reader.buffered(), 128u << 10);
  }
  EXPECT_EQ(reader.state(), State::refused);
  EXPECT_EQ(reader.problem().status, 431);
}

}  // namespace
}  // namespace uie
