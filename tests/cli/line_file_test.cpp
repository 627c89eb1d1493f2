#include "cli/line_file.h"

#include <gtest/gtest.h>
#include <lzma.h>

#include "program.h"

namespace uie::cli {
namespace {

std::string xz(const std::string& plain) {
  std::string packed(lzma_stream_buffer_bound(plain.size()), '\0');
  size_t size = 0;
  const auto status =
      lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const uint8_t*>(plain.data()),
                              plain.size(), reinterpret_cast<uint8_t*>(packed.data()), &size, packed.size());
  if (status != LZMA_OK) throw std::runtime_error("xz");
  packed.resize(size);
  return packed;
}

Result<std::vector<std::string>> read_all(const std::string& path, size_t max_bytes = 1 << 20) {
  auto file = LineFile::open(path);
  if (!file) return Unexpected(file.error());
  std::vector<std::string> lines;
  std::string line;
  while (true) {
    auto more = file->next(line, max_bytes);
    if (!more) return Unexpected(more.error());
    if (!*more) return lines;
    lines.push_back(line);
  }
}

using Lines = std::vector<std::string>;

TEST(LineFile, SplitsAtNewlinesOnlyPlainAndPacked) {
  test::TempDir dir;
  const std::string text = "一\xe2\x80\xa8二\r\n\n" + std::string(200'000, 'x') + "\nlast";
  const Lines expected{"一\xe2\x80\xa8二\r", "", std::string(200'000, 'x'), "last"};
  dir.write("plain", text);
  dir.write("packed.xz", xz(text));
  dir.write("joined.xz", xz(text.substr(0, 100)) + xz(text.substr(100)));
  EXPECT_EQ(read_all((dir / "plain").string()).value(), expected);
  EXPECT_EQ(read_all((dir / "packed.xz").string()).value(), expected);
  EXPECT_EQ(read_all((dir / "joined.xz").string()).value(), expected);
}

TEST(LineFile, CutsLongLinesAndGoesOnWithTheNext) {
  test::TempDir dir;
  dir.write("plain", std::string(300'000, 'x') + "\nshort\n");
  EXPECT_EQ(read_all((dir / "plain").string(), 10).value(), (Lines{std::string(10, 'x'), "short"}));
}

TEST(LineFile, EveryCutOfAnXzFileIsAnError) {
  test::TempDir dir;
  std::string text;
  for (int i = 0; i < 2'000; ++i) text += std::to_string(i * 7919) + '\n';
  const std::string packed = xz(text);
  for (size_t size = 0; size < packed.size(); size += 97) {
    dir.write("cut.xz", packed.substr(0, size));
    const auto lines = read_all((dir / "cut.xz").string());
    ASSERT_FALSE(lines) << size;
    EXPECT_NE(lines.error().where.find("cut.xz"), std::string::npos);
  }
}

TEST(LineFile, NamesWhatCannotBeOpened) {
  const auto missing = LineFile::open("/nowhere/at/all");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, "/nowhere/at/all");
  EXPECT_FALSE(LineFile::open("/tmp"));
}

}  // namespace
}  // namespace uie::cli
