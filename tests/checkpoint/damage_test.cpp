// Files cut short and files with changed bytes: an error or a sound answer, never a crash, and memory within bounds.
// AddressSanitizer sees reads outside the file, because each copy is exactly as long as the bytes that are left.

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "checkpoint/golden_files.h"
#include "checkpoint/make_files.h"
#include "uie/checkpoint/reader.h"

namespace {

// Bytes that operator new gave out in this program, now and at most.
std::atomic<size_t> allocated = 0, most_allocated = 0;

void count(size_t size) {
  const size_t now = allocated += size;
  size_t most = most_allocated;
  while (now > most && !most_allocated.compare_exchange_weak(most, now)) {
  }
}

}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  count(malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) allocated -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace uie::checkpoint {
namespace {

bool is_read(std::string_view text) { return Reader::from_bytes(exact_bytes(text)).has_value(); }

// Touches all that a reader gives.
void use(const Reader& reader) {
  for (const std::string& name : reader.names()) {
    const TensorView tensor = reader.tensor(name).value();
    ASSERT_EQ(static_cast<size_t>(tensor.numel()) * byte_size(tensor.dtype), tensor.bytes.size());
    sha256(tensor.bytes);
    (void)reader.floats(name);
  }
}

// 12,000 bytes of storage under two names, one of them transposed.
std::string made_object(bool legacy) {
  using namespace pickled;
  const std::string numbers = storage("FloatStorage", "0", 3000, legacy);
  return pickle(
      dict(text("w") + tensor(numbers, 0, {60, 50}, {50, 1}) + text("t") + tensor(numbers, 0, {50, 60}, {1, 50})));
}

std::vector<StorageBytes> made_storages() { return {{"0", std::string(12000, '\x3f'), 3000}}; }

std::map<std::string, std::string> long_files() {
  ZipMaker wide;
  wide.zip64 = wide.sizes_follow = true;
  return {{"zip", zip_file(made_object(false), made_storages())},
          {"zip64", zip_file(made_object(false), made_storages(), wide)},
          {"zip of 300", golden_bytes("zip_many.bin")},
          {"legacy", legacy_file(made_object(true), made_storages())},
          {"safetensors", safetensors_file(R"({"w":{"dtype":"F32","shape":[60,50],"data_offsets":[0,12000]}})",
                                           std::string(12000, '\x3f'))}};
}

TEST(Truncated, LongFilesWithinTheirFirstAndLast4KiB) {
  for (const auto& [kind, file] : long_files()) {
    SCOPED_TRACE(kind);
    ASSERT_GT(file.size(), 8192u);
    ASSERT_TRUE(is_read(file));
    for (size_t length = 0; length < file.size(); ++length) {
      if (length == 4097) length = file.size() - 4096;
      ASSERT_FALSE(is_read(std::string_view(file).substr(0, length))) << length;
    }
  }
}

TEST(Truncated, ShortFilesAtEveryByte) {
  for (const GoldenCase& golden : golden_cases()) {
    if (golden.expect != "ok") continue;
    SCOPED_TRACE(golden.file);
    const std::string file = golden_bytes(golden.file);
    if (file.size() > 8192) continue;
    for (size_t length = 0; length < file.size(); ++length) {
      ASSERT_FALSE(is_read(std::string_view(file).substr(0, length))) << length;
    }
  }
}

TEST(Changed, AnyByteToAnyValueIsAnErrorOrASoundAnswer) {
  std::mt19937 random(7);
  for (const GoldenCase& golden : golden_cases()) {
    const std::string file = golden_bytes(golden.file);
    if (file.empty() || file.size() > 8192) continue;
    SCOPED_TRACE(golden.file);
    for (int round = 0; round < 150; ++round) {
      std::string changed = file;
      for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
        changed[random() % changed.size()] = static_cast<char>(random());
      }
      const std::vector<std::byte> bytes = exact_bytes(changed);
      if (const Result<Reader> reader = Reader::from_bytes(bytes)) use(*reader);
    }
  }
}

// Bombs and honest files alike. The 8 bytes per byte of pickle may be three times that while a vector grows.
TEST(Memory, IsAFewTimesTheFile) {
  for (const GoldenCase& golden : golden_cases()) {
    const std::vector<std::byte> bytes = exact_bytes(golden_bytes(golden.file));
    const size_t before = allocated;
    most_allocated = before;
    (void)Reader::from_bytes(bytes);
    EXPECT_LE(most_allocated - before, 4 * bytes.size() + (size_t{3} << 20)) << golden.file;
    EXPECT_EQ(allocated, before) << golden.file;
  }
}

}  // namespace
}  // namespace uie::checkpoint
