#include "checkpoint/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/make_files.h"

namespace uie::checkpoint {
namespace {

using testing::HasSubstr;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string refusal(const std::string& archive) {
  const Result<ZipDirectory> zip = ZipDirectory::read(bytes_of(archive));
  return zip ? "" : zip.error().message;
}

ZipMaker two_entries(ZipMaker zip) {
  zip.add("a/one", "first");
  zip.add("a/empty", "");
  zip.add("a/two", std::string(1000, 'x'));
  return zip;
}

void expect_two_entries(const std::string& archive) {
  const Result<ZipDirectory> zip = ZipDirectory::read(bytes_of(archive));
  ASSERT_TRUE(zip) << zip.error().message;
  ASSERT_EQ(zip->entries().size(), 3u);
  EXPECT_EQ(as_text(stored_bytes(*zip->find("a/one")).value()), "first");
  EXPECT_EQ(as_text(stored_bytes(*zip->find("a/two")).value()), std::string(1000, 'x'));
  EXPECT_TRUE(stored_bytes(*zip->find("a/empty")).value().empty());
  EXPECT_EQ(zip->find("a/on"), nullptr);
  EXPECT_EQ(zip->find("a/three"), nullptr);
}

TEST(Zip, ReadsEveryWayOfWritingSizes) {
  for (const bool zip64 : {false, true}) {
    for (const bool sizes_follow : {false, true}) {
      SCOPED_TRACE(testing::Message() << zip64 << sizes_follow);
      ZipMaker zip;
      zip.zip64 = zip64;
      zip.sizes_follow = sizes_follow;
      expect_two_entries(two_entries(zip).finish());
    }
  }
}

TEST(Zip, ACommentMayEndTheArchiveButMustReachItsEnd) {
  const std::string archive = two_entries({}).finish("a comment with PK\x05\x06 in it");
  expect_two_entries(archive);
  EXPECT_THAT(refusal(archive + "x"), HasSubstr("no end record"));
  EXPECT_THAT(refusal(two_entries({}).finish() + "x"), HasSubstr("no end record"));
}

TEST(Zip, BytesBeforeTheArchiveAreRefused) {
  EXPECT_THAT(refusal("x" + two_entries({}).finish()), HasSubstr("does not lie where"));
}

TEST(Zip, HeadersThatDisagreeAreRefused) {
  const std::string sound = two_entries({}).finish();
  const size_t local_name = sound.find("a/one");
  const auto changed = [&](size_t at, char to) {
    std::string archive = sound;
    archive[at] = to;
    return archive;
  };
  EXPECT_THAT(refusal(changed(local_name, 'b')), HasSubstr("headers disagree"));
  EXPECT_THAT(refusal(changed(local_name - 16, '!')), HasSubstr("headers disagree"));     // crc
  EXPECT_THAT(refusal(changed(local_name - 12, '\x04')), HasSubstr("headers disagree"));  // packed size
  EXPECT_THAT(refusal(changed(local_name - 8, '\x04')), HasSubstr("headers disagree"));   // size
  EXPECT_THAT(refusal(changed(local_name - 22, '\x08')), HasSubstr("headers disagree"));  // method
}

TEST(Zip, EntriesMustNotOverlap) {
  ZipMaker zip;
  zip.add("a", "0123456789");
  const std::string once = zip.directory;
  ZipMaker inner;  // an entry of the archive inside the data of another
  inner.add("b", "xyz");
  ZipMaker outer;
  outer.add("a", inner.data + "tail");
  std::string header = inner.directory;
  const auto offset = static_cast<uint32_t>(30 + 1);
  header.replace(42, 4, raw(offset));
  outer.directory += header;
  ++outer.count;
  EXPECT_THAT(refusal(outer.finish()), HasSubstr("overlap"));
}

TEST(Zip, DamagedDataAreSeenWhenTheyAreAskedFor) {
  std::string archive = two_entries({}).finish();
  archive[archive.find("first")] = 'F';
  const Result<ZipDirectory> zip = ZipDirectory::read(bytes_of(archive));
  ASSERT_TRUE(zip);
  EXPECT_THAT(stored_bytes(*zip->find("a/one")).error().message, HasSubstr("checksum"));
  EXPECT_TRUE(stored_bytes(*zip->find("a/two")));
}

}  // namespace
}  // namespace uie::checkpoint
