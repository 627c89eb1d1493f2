#include "server/request_id.h"

#include <set>

#include <gtest/gtest.h>

namespace uie {
namespace {

TEST(RequestId, TakesWellFormedOnes) {
  const std::string id = "order-17:4", parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const RequestIds ids = take_ids(&id, &parent);
  EXPECT_EQ(ids.request_id, id);
  EXPECT_EQ(ids.traceparent, parent);
  EXPECT_EQ(ids.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(RequestId, ReplacesTheOthers) {
  for (const char* bad : {"", "a b", "a\"b", "\x7f", "云"}) EXPECT_FALSE(is_request_id(bad)) << bad;
  EXPECT_TRUE(is_request_id(std::string(128, 'a')));
  EXPECT_FALSE(is_request_id(std::string(129, 'a')));
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(is_traceparent(bad)) << bad;
  }
  EXPECT_TRUE(is_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
}

TEST(RequestId, MadeOnesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const RequestIds ids = take_ids(nullptr, nullptr);
    ASSERT_TRUE(is_request_id(ids.request_id));
    ASSERT_TRUE(is_traceparent(ids.traceparent)) << ids.traceparent;
    seen.insert(ids.request_id);
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

}  // namespace
}  // namespace uie
