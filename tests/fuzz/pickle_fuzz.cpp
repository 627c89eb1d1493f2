// PyTorch checkpoints: the input as a whole file (legacy files have no checksums, so mutations reach the pickle machine
// and the geometry), and as the data.pkl of a sound zip archive, whose checksums no mutation would hit.

#include "checkpoint/make_files.h"
#include "fuzz/read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace uie::checkpoint;
  const std::span<const uint8_t> input(data, size);
  use(read_everything(std::as_bytes(input)));

  const std::string object(reinterpret_cast<const char*>(data), size);
  const std::string file = zip_file(object, {{"0", std::string(16, '\x3f'), 4}, {"1", std::string(140, '\x3f'), 35}});
  use(read_everything(std::as_bytes(std::span(file))));
  return 0;
}
