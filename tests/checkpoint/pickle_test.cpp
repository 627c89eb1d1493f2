#include "checkpoint/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/make_files.h"

namespace uie::checkpoint {
namespace {

using namespace pickled;
using testing::HasSubstr;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// The message and place of the refusal; empty when it was read.
std::string refusal(const std::string& program) {
  const Result<Pickle> read = Pickle::read(bytes_of(program));
  return read ? "" : read.error().message + " @ " + read.error().where;
}

TEST(Pickle, NumbersOfEveryWidth) {
  const auto number = [](const std::string& body) {
    const std::string program = pickle(body);
    const Result<Pickle> read = Pickle::read(bytes_of(program));
    EXPECT_TRUE(read && read->top().kind == PickleKind::integer);
    return read ? read->top().data : 0;
  };
  EXPECT_EQ(number("K\xff"), 255);
  EXPECT_EQ(number("M\xff\xff"), 65535);
  EXPECT_EQ(number("J\xff\xff\xff\xff"), -1);
  EXPECT_EQ(number(std::string("\x8a\x00", 2)), 0);
  EXPECT_EQ(number("\x8a\x01\x80"), -128);
  EXPECT_EQ(number(std::string("\x8a\x02\xff\x00", 4)), 255);
  EXPECT_EQ(number("\x8b" + raw(uint32_t{8}) + raw(INT64_MIN)), INT64_MIN);
}

TEST(Pickle, ContainersKeepTheirOrder) {
  const std::string program = pickle(dict(text("k") + list("K\1K\2") + text("t") + tuple("K\3K\4K\5")));
  const Result<Pickle> read = Pickle::read(bytes_of(program));
  ASSERT_TRUE(read);
  const auto entries = read->entries(read->top());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(read->text(entries[0].key), "k");
  ASSERT_EQ(read->items(entries[0].value).size(), 2u);
  EXPECT_EQ(read->items(entries[0].value)[1].data, 2);
  EXPECT_EQ(read->items(entries[1].value)[2].data, 5);
  EXPECT_EQ(read->length(), program.size());
}

TEST(Pickle, StopsAtStop) {
  const std::string program = pickle("N") + "whatever follows";
  EXPECT_EQ(Pickle::read(bytes_of(program))->length(), 4u);
}

// Python 2: names by SHORT_BINSTRING, an OrderedDict made from its pairs.
TEST(Pickle, OrderedDictOfPairs) {
  const std::string pairs = list(
      "](U\x01"
      "aK\x01"
      "e"
      "](U\x01"
      "bK\x02"
      "e");
  const std::string program = pickle(global("collections", "OrderedDict") + tuple(pairs) + "R");
  const Result<Pickle> read = Pickle::read(bytes_of(program));
  ASSERT_TRUE(read) << read.error().message;
  const auto entries = read->entries(read->top());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(read->text(entries[1].key), "b");
  EXPECT_EQ(entries[1].value.data, 2);
}

TEST(Pickle, AContainerMayHoldItself) {
  const std::string program = pickle("]q" + raw(uint8_t{0}) + "h" + raw(uint8_t{0}) + "a");
  const Result<Pickle> read = Pickle::read(bytes_of(program));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->items(read->top())[0].data, read->top().data);
}

TEST(Pickle, NothingBelowAMarkIsTaken) {
  EXPECT_THAT(refusal(pickle("N(R")), HasSubstr("empty stack"));
  EXPECT_THAT(refusal(pickle("](Na")), HasSubstr("empty stack"));  // the list lies below the mark
  EXPECT_THAT(refusal(pickle("N(\x86")), HasSubstr("empty stack"));
  EXPECT_EQ(refusal(pickle("N(0")), "");  // POP takes a mark back
  EXPECT_EQ(refusal(pickle("N(NN1")), "");
}

TEST(Pickle, WhatIsLeftOnTheStackIsRefused) {
  EXPECT_THAT(refusal(pickle("NN")), HasSubstr("leaves something"));
  EXPECT_THAT(refusal(pickle("(N")), HasSubstr("leaves something"));
}

TEST(Pickle, MisuseIsRefused) {
  EXPECT_THAT(refusal(pickle("}N"
                             "a")),
              HasSubstr("no list"));
  EXPECT_THAT(refusal(pickle("]NNs")), HasSubstr("no dict"));
  EXPECT_THAT(refusal(pickle("}(Nu")), HasSubstr("key without a value"));
  EXPECT_THAT(refusal(pickle("NN\x93")), HasSubstr("no text"));
  EXPECT_THAT(refusal(pickle("NQ")), HasSubstr("no tuple"));
  EXPECT_THAT(refusal(pickle(text("os.system") + ")R")), HasSubstr("no function"));
  EXPECT_THAT(refusal(pickle(global("torch", "FloatStorage") + ")R")), HasSubstr("storage type"));
  EXPECT_THAT(refusal(pickle("NNb")), HasSubstr("state of something odd"));
  EXPECT_THAT(refusal("\x80\x06N."), HasSubstr("protocol"));
}

// Every opcode that could make an object of an arbitrary class, or that weight files have no use for.
TEST(Pickle, OtherOpcodesAreRefused) {
  const std::string_view opcodes = "io\x81\x92\x82\x83\x84PILFSVgp\x97\x98";
  for (const char opcode : opcodes) {
    EXPECT_THAT(refusal(pickle(std::string("N)") + opcode + "x\ny\n")), HasSubstr("opcode")) << opcode;
  }
}

TEST(Pickle, NamesOutsideTheListAreRefusedByName) {
  EXPECT_THAT(refusal(pickle(global("os", "system"))), HasSubstr("@ os.system"));
  EXPECT_THAT(refusal(pickle(text("posix") + text("system") + "\x93")), HasSubstr("@ posix.system"));
  EXPECT_THAT(refusal(pickle(global("torch._utils", "_rebuild_tensor_v2 "))), HasSubstr("_rebuild_tensor_v2"));
  EXPECT_THAT(refusal(pickle(global("torch", "_utils._rebuild_tensor_v2"))), HasSubstr("was run"));
  EXPECT_THAT(refusal(pickle(global("\x1b[31m\xff", "x"))), HasSubstr("\\x1b[31m\\xff.x"));
}

// 16 bytes of memory per byte of program, for as long as one likes: stopped by the budget, not by the machine's memory.
TEST(Pickle, MemoryIsTiedToTheLength) {
  std::string program = proto + "]";
  const std::string batch = "(" + std::string(50000, 'N') + "e";
  for (int i = 0; i < 40; ++i) program += batch;
  EXPECT_THAT(refusal(program + stop), HasSubstr("far more than its size"));
}

TEST(Pickle, DepthCostsNoStack) {
  EXPECT_EQ(refusal(pickle(")" + std::string(10000, '\x85'))), "");
  EXPECT_THAT(refusal(pickle(")" + std::string(200000, '\x85'))), HasSubstr("far more than its size"));
  EXPECT_EQ(refusal(pickle(std::string(5000, ']') + std::string(4999, 'a'))), "");
  EXPECT_THAT(refusal(pickle(std::string(100000, 'N'))), HasSubstr("too deep"));
  EXPECT_THAT(refusal(pickle(std::string(100000, '('))), HasSubstr("too deep"));
}

}  // namespace
}  // namespace uie::checkpoint
