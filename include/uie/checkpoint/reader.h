// Reads weights safely: torch zip pickles, legacy torch pickles, safetensors. Nothing from a file is ever executed.
//
// Formats and the rules behind accept and refuse: golden/checkpoints/README.md; docs/checkpoints.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"

namespace uie::checkpoint {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

size_t byte_size(DType dtype);
std::string_view to_string(DType dtype);  // "F32", "BF16", … as safetensors spells it

// A contiguous, little-endian, row-major view into memory that lives as long as the Reader. The bytes need not be
// aligned to the size of a number: re-packed archives and unpadded headers put them anywhere.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;

  int64_t numel() const;
};

// Immutable after open; thread safe. Move only.
class Reader {
 public:
  // `path`: a weight file, or a model directory (model.safetensors before pytorch_model.bin).
  // Memory: the file is mapped; tensors that are not contiguous in the file are copied, up to a few times its size.
  // Errors: corrupt_checkpoint (message says what is wrong, `where` the file, entry or tensor),
  // unsupported (compressed, encrypted, sparse, complex, quantised, TorchScript, several files), unavailable (not
  // enough memory).
  static Result<Reader> open(const std::filesystem::path& path);

  // The same for bytes in memory (fuzzing, tests). The bytes must outlive the reader.
  static Result<Reader> from_bytes(std::span<const std::byte> bytes);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  const std::vector<std::string>& names() const;  // sorted
  bool contains(std::string_view name) const;

  // The tensor as stored. Errors: corrupt_checkpoint naming it.
  Result<TensorView> tensor(std::string_view name) const;

  // The tensor as float32 numbers, row major: f16, bf16 and f64 are converted; i8 with a companion `<name>.scale`
  // ([rows], f32 or f16) is row * scale. Errors: as above; integers without a scale are refused.
  Result<std::vector<float>> floats(std::string_view name) const;

  // Names that a model sees: all but the `.scale` companions of int8 tensors.
  std::vector<std::string> model_names() const;

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace uie::checkpoint
