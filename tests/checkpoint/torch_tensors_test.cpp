#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "checkpoint/make_files.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

using namespace pickled;
using testing::ElementsAre, testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string refusal(const std::string& file) {
  const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
  return reader ? "" : reader.error().message + " @ " + reader.error().where;
}

// 0, 1, 2, … as float32.
StorageBytes counting(const std::string& key, int64_t count) {
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) bytes += raw(static_cast<float>(i));
  return {key, bytes, count};
}

std::string one_tensor(int64_t storage_count, int64_t offset, const std::vector<int64_t>& sizes,
                       const std::vector<int64_t>& strides) {
  const std::string made = tensor(storage("FloatStorage", "0", storage_count), offset, sizes, strides);
  return zip_file(pickle(dict(text("w") + made)), {counting("0", storage_count)});
}

// The definition: element (i, j, …) is storage[offset + i·stride + j·stride + …], last index fastest.
std::vector<float> by_definition(int64_t offset, std::span<const int64_t> sizes, std::span<const int64_t> strides) {
  if (sizes.empty()) return {static_cast<float>(offset)};
  std::vector<float> all;
  for (int64_t i = 0; i < sizes[0]; ++i) {
    for (const float value : by_definition(offset + i * strides[0], sizes.subspan(1), strides.subspan(1))) {
      all.push_back(value);
    }
  }
  return all;
}

TEST(TorchTensors, AnyViewIsWhatItsStridesSay) {
  std::mt19937 random(11);
  const auto below = [&](unsigned bound) { return static_cast<int64_t>(random() % bound); };
  for (int round = 0; round < 500; ++round) {
    std::vector<int64_t> sizes, strides;
    int64_t reach = 0;
    const int64_t offset = below(4);
    for (int64_t rank = below(5); rank > 0; --rank) {
      sizes.push_back(below(5));
      strides.push_back(below(7));
      reach += std::max<int64_t>(sizes.back() - 1, 0) * strides.back();
    }
    const std::string file = one_tensor(offset + reach + 1, offset, sizes, strides);
    const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->tensor("w")->shape, sizes);
    EXPECT_EQ(*reader->floats("w"), by_definition(offset, sizes, strides));
    // One element less, and the view reaches outside.
    if (reader->tensor("w")->numel() > 0 && reach + offset > 0) {
      EXPECT_THAT(refusal(one_tensor(offset + reach, offset, sizes, strides)), HasSubstr("outside its storage"));
    }
  }
}

TEST(TorchTensors, ContiguousTensorsAreViewsIntoTheFile) {
  const std::string file = one_tensor(12, 2, {2, 1, 5}, {5, 99, 1});
  const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
  ASSERT_TRUE(reader);
  const auto bytes = reader->tensor("w")->bytes;
  EXPECT_TRUE(bytes.data() >= bytes_of(file).data() &&
              bytes.data() + bytes.size() <= bytes_of(file).data() + file.size());
}

TEST(TorchTensors, StridesOfSizeOneMayBeAnything) {
  const int64_t huge = INT64_MAX;
  const std::string file = one_tensor(6, 0, {1, 3, 1, 2}, {huge, 1, huge, 3});
  const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_THAT(*reader->floats("w"), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(TorchTensors, ExpandingBeyondAFewTimesTheFileIsRefused) {
  EXPECT_EQ(refusal(one_tensor(4, 0, {1000, 4}, {0, 1})), "");
  EXPECT_THAT(refusal(one_tensor(4, 0, {1000000, 4}, {0, 1})), HasSubstr("far larger than the file"));
  std::string many;  // each within bounds, together not; contiguous views count as well
  for (int i = 0; i < 40; ++i) {
    many += text("w" + std::to_string(i)) + tensor(storage("FloatStorage", "0", 20000), 0, {20000}, {1});
  }
  EXPECT_THAT(refusal(zip_file(pickle(dict(many)), {counting("0", 20000)})), HasSubstr("far larger than the file"));
}

TEST(TorchTensors, WhereTheStateDictIs) {
  const auto names = [](const std::string& body) {
    const std::string file = zip_file(pickle(body), {counting("0", 2)});
    const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
    return reader ? reader->names() : std::vector<std::string>{reader.error().message};
  };
  const std::string w = tensor(storage("FloatStorage", "0", 2), 0, {2}, {1});
  const std::string inner = dict(text("in") + w);
  EXPECT_THAT(names(dict(text("top") + w + text("model") + inner)), ElementsAre("top"));
  EXPECT_THAT(names(dict(text("model") + dict(text("m") + w) + text("state_dict") + inner)), ElementsAre("in"));
  EXPECT_THAT(names(dict(text("state_dict") + none + text("model") + inner)), ElementsAre("in"));
  EXPECT_THAT(names(dict(text("net") + inner)), ElementsAre(HasSubstr("no tensors")));
  EXPECT_THAT(names(dict(integer(1) + w + text("model") + inner)), ElementsAre("in"));
  EXPECT_THAT(names(dict(text("w") + w + text("w") + w)), ElementsAre("w"));
  EXPECT_THAT(names(dict(text("a\xff") + w)), ElementsAre(HasSubstr("not UTF-8")));
}

TEST(TorchTensors, MalformedDescriptionsAreRefused) {
  const auto with_storage = [](const std::string& id) {
    return refusal(zip_file(pickle(dict(text("w") + tensor(tuple(id) + "Q", 0, {2}, {1}))), {counting("0", 2)}));
  };
  const std::string type = global("torch", "FloatStorage");
  const std::string good = text("storage") + type + text("0") + text("cpu") + integer(2);
  EXPECT_EQ(with_storage(good), "");
  EXPECT_EQ(with_storage(good + none), "");
  EXPECT_THAT(with_storage(good + tuple(text("0") + integer(0) + integer(1))), HasSubstr("views of others"));
  EXPECT_THAT(with_storage(text("module") + type + text("0") + text("cpu") + integer(2)), HasSubstr("malformed"));
  EXPECT_THAT(with_storage(text("storage") + global("torch", "Size") + text("0") + text("cpu") + integer(2)),
              HasSubstr("malformed"));
  EXPECT_THAT(with_storage(text("storage") + type + text("0")), HasSubstr("malformed"));
  EXPECT_THAT(with_storage(text("storage") + type + text("0") + text("cpu") + integer(3)), HasSubstr("12 bytes"));
}

TEST(TorchLegacy, RecordsAndDeclarationsMustAgree) {
  const auto file = [](const std::vector<StorageBytes>& records, const std::string& extra = "") {
    const std::string w = tensor(storage("FloatStorage", "a", 2, true), 0, {2}, {1});
    return legacy_file(pickle(dict(text("w") + w)), records) + extra;
  };
  const StorageBytes sound = counting("a", 2);
  EXPECT_EQ(refusal(file({sound})), "");
  EXPECT_THAT(refusal(file({})), HasSubstr("no record"));
  EXPECT_THAT(refusal(file({sound, sound})), HasSubstr("twice"));
  EXPECT_THAT(refusal(file({sound, counting("b", 2)})), HasSubstr("no tensor uses"));
  EXPECT_THAT(refusal(file({{"a", sound.bytes, 3}})), HasSubstr("differ in size"));
  EXPECT_THAT(refusal(file({{"a", sound.bytes, -2}})), HasSubstr("differ in size"));
  EXPECT_THAT(refusal(file({sound}, "x")), HasSubstr("1 bytes follow"));
}

}  // namespace
}  // namespace uie::checkpoint
