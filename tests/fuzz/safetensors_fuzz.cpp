// Safetensors: the input as a whole file, and as the JSON header of a file with 64 bytes of data.

#include <string>

#include "fuzz/read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace uie::checkpoint;
  const std::span<const uint8_t> input(data, size);
  use(read_everything(std::as_bytes(input)));

  const uint64_t length = size;
  std::string file(reinterpret_cast<const char*>(&length), sizeof(length));
  file.append(reinterpret_cast<const char*>(data), size);
  file.append(64, '\x3f');
  use(read_everything(std::as_bytes(std::span(file))));
  return 0;
}
