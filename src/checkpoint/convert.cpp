// A conversion is planned first, tensor by tensor, because the header of a safetensors file precedes its data; then
// each tensor is computed once more and written. So memory holds one tensor at a time, whatever the model's size.

#include "uie/checkpoint/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <new>
#include <optional>

#include "checkpoint/errors.h"
#include "checkpoint/half.h"
#include "checkpoint/output_file.h"
#include "checkpoint/quantise.h"
#include "checkpoint/safetensors_writer.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScaleSuffix = ".scale";
// Small matrices gain nothing from int8 rows.
constexpr int64_t kSmallestQuantised = 4096;
// Angles per position: multiplied by positions up to 512, eleven bits of mantissa would show in the logits.
constexpr std::array kAlwaysFloat32 = {std::string_view("rotary_emb.freqs")};
// From here on float16 rounds to infinity.
constexpr float kFloat16Overflow = 65520.0f;

enum class Store { keep, f32, f16, bf16, int8 };

std::optional<Store> store_named(std::string_view name) {
  if (name == "keep") return Store::keep;
  if (name == "fp32") return Store::f32;
  if (name == "fp16") return Store::f16;
  if (name == "bf16") return Store::bf16;
  if (name == "int8") return Store::int8;
  return std::nullopt;
}

// One tensor of the new file: how it comes from `source`.
struct Part {
  enum class Made { as_stored, of_floats, of_rows, of_row_scales };

  TensorPlan plan;
  std::string source;
  Made made = Made::as_stored;
};

bool is_float(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

class Planner {
 public:
  Planner(const Reader& reader, Store store) : reader_(reader), store_(store) {}

  Result<std::vector<Part>> plan() {
    for (const std::string& name : store_ == Store::keep ? reader_.names() : reader_.model_names()) {
      if (Result<void> added = add(name); !added) return Unexpected(added.error());
    }
    std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return lies_before(a.plan, b.plan); });
    return std::move(parts_);
  }

 private:
  using Made = Part::Made;

  Result<void> add(const std::string& name) {
    const Result<TensorView> tensor = reader_.tensor(name);
    if (!tensor) return Unexpected(tensor.error());
    const bool quantised = tensor->dtype == DType::i8 && reader_.contains(name + std::string(kScaleSuffix));
    if (store_ == Store::keep || (!is_float(tensor->dtype) && !quantised)) {
      put(name, *tensor, tensor->dtype, Made::as_stored);
      return {};
    }
    const Result<std::vector<float>> floats = reader_.floats(name);
    if (!floats) return Unexpected(floats.error());
    if (store_ == Store::int8 && quantised) {
      // Quantising again would move the scales by a rounding error.
      put(name, *tensor, DType::i8, Made::as_stored);
      put_scales(name, tensor->shape[0], name + std::string(kScaleSuffix), Made::of_floats);
    } else if (store_ == Store::int8 && is_quantisable(name, *tensor, *floats)) {
      put(name, *tensor, DType::i8, Made::of_rows);
      put_scales(name, tensor->shape[0], name, Made::of_row_scales);
    } else {
      put(name, *tensor, float_type(name, *floats), Made::of_floats);
    }
    return {};
  }

  bool is_quantisable(const std::string& name, const TensorView& tensor, const std::vector<float>& floats) const {
    return tensor.shape.size() == 2 && tensor.numel() > kSmallestQuantised &&
           !reader_.contains(name + std::string(kScaleSuffix)) &&
           std::all_of(floats.begin(), floats.end(), [](float value) { return std::isfinite(value); });
  }

  DType float_type(const std::string& name, const std::vector<float>& floats) const {
    const bool pinned = std::find(kAlwaysFloat32.begin(), kAlwaysFloat32.end(), name) != kAlwaysFloat32.end();
    if (store_ == Store::f32 || pinned) return DType::f32;
    if (store_ == Store::bf16) return DType::bf16;
    const bool overflows = std::any_of(floats.begin(), floats.end(), [](float value) {
      return std::isfinite(value) && std::abs(value) >= kFloat16Overflow;
    });
    return overflows ? DType::f32 : DType::f16;
  }

  void put(const std::string& name, const TensorView& tensor, DType dtype, Made made) {
    parts_.push_back({{name, dtype, tensor.shape}, name, made});
  }

  void put_scales(const std::string& name, int64_t rows, std::string source, Made made) {
    parts_.push_back({{name + std::string(kScaleSuffix), DType::f32, {rows}}, std::move(source), made});
  }

  const Reader& reader_;
  Store store_;
  std::vector<Part> parts_;
};

template <class Number>
Bytes bytes_of(const std::vector<Number>& numbers) {
  return std::as_bytes(std::span(numbers));
}

Result<void> write_floats(const std::vector<float>& floats, DType dtype, OutputFile& file) {
  if (dtype == DType::f32) return file.write(bytes_of(floats));
  std::vector<uint16_t> halves(floats.size());
  std::transform(floats.begin(), floats.end(), halves.begin(), dtype == DType::f16 ? f16_from_float : bf16_from_float);
  return file.write(bytes_of(halves));
}

Result<void> write_part(const Reader& reader, const Part& part, OutputFile& file) {
  if (part.made == Part::Made::as_stored) {
    return reader.tensor(part.source).and_then([&](const TensorView& tensor) { return file.write(tensor.bytes); });
  }
  const Result<std::vector<float>> floats = reader.floats(part.source);
  if (!floats) return Unexpected(floats.error());
  if (part.made == Part::Made::of_floats) return write_floats(*floats, part.plan.dtype, file);
  const std::vector<float> scales = row_scales(*floats, static_cast<size_t>(part.plan.shape[0]));
  return file.write(part.made == Part::Made::of_row_scales ? bytes_of(scales)
                                                           : bytes_of(quantise_rows(*floats, scales)));
}

Result<size_t> write_weights(const Reader& reader, const std::vector<Part>& parts, Store store, const fs::path& path) {
  std::vector<TensorPlan> plans(parts.size());
  std::transform(parts.begin(), parts.end(), plans.begin(), [](const Part& part) { return part.plan; });
  std::map<std::string, std::string> metadata = {{"format", "pt"}};
  if (store == Store::int8) metadata["int8"] = "row scale in NAME.scale: value = int8 * scale";
  const std::string header = safetensors_header(plans, metadata);

  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return Unexpected(file.error());
  if (Result<void> done = file->write(std::as_bytes(std::span(header))); !done) return Unexpected(done.error());
  size_t bytes = header.size();
  for (const Part& part : parts) {
    if (Result<void> done = write_part(reader, part, *file); !done) return Unexpected(done.error());
    bytes += part.plan.bytes();
  }
  if (Result<void> done = file->commit(); !done) return Unexpected(done.error());
  return bytes;
}

// What belongs to a model beside its weights, as published on model hubs.
constexpr std::array kCompanions = {
    "config.json",
    "configuration.json",
    "generation_config.json",
    "tokenizer_config.json",
    "tokenizer.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "README.md",
    "LICENSE",
    "LICENSE.txt",
    "NOTICE",
};

Result<void> copy_companion(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) return fail(ErrorCode::unavailable, "cannot read the file", from.string());
  Result<OutputFile> out = OutputFile::create(to);
  if (!out) return Unexpected(out.error());
  std::array<char, 1 << 16> block;
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    const auto count = static_cast<size_t>(in.gcount());
    if (Result<void> done = out->write(std::as_bytes(std::span(block).first(count))); !done) return done;
  }
  if (in.bad()) return fail(ErrorCode::unavailable, "cannot read the file", from.string());
  return out->commit();
}

Result<void> copy_companions(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::equivalent(from, to, error)) return {};
  for (const char* name : kCompanions) {
    if (!fs::is_regular_file(from / name, error)) continue;
    if (Result<void> done = copy_companion(from / name, to / name); !done) return done;
  }
  return {};
}

fs::path folder_of(const fs::path& from) {
  std::error_code error;
  if (fs::is_directory(from, error)) return from;
  return from.has_parent_path() ? from.parent_path() : fs::path(".");
}

size_t count_parameters(const Reader& reader) {
  size_t count = 0;
  for (const std::string& name : reader.model_names()) count += static_cast<size_t>(reader.tensor(name)->numel());
  return count;
}

Result<ConvertReport> convert_store(const fs::path& from, const fs::path& to, Store store) {
  const Result<Reader> reader = Reader::open(from);
  if (!reader) return Unexpected(reader.error());
  const Result<std::vector<Part>> parts = Planner(*reader, store).plan();
  if (!parts) return Unexpected(parts.error());

  std::error_code error;
  fs::create_directories(to, error);
  if (error) return fail(ErrorCode::unavailable, "cannot make the directory: " + error.message(), to.string());
  if (Result<void> copied = copy_companions(folder_of(from), to); !copied) return Unexpected(copied.error());
  // Last: a directory with weights is complete.
  const Result<size_t> bytes = write_weights(*reader, *parts, store, to / "model.safetensors");
  if (!bytes) return Unexpected(bytes.error());
  return ConvertReport{parts->size(), count_parameters(*reader), *bytes};
}

}  // namespace

Result<ConvertReport> convert(const fs::path& from, const fs::path& to, const ConvertOptions& options) {
  const std::optional<Store> store = store_named(options.store);
  if (!store) {
    return fail(ErrorCode::invalid_request,
                "unknown store '" + printable(options.store) + "': choose keep, fp32, fp16, bf16 or int8");
  }
  try {
    return convert_store(from, to, *store);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::unavailable, "not enough memory to convert the checkpoint", from.string());
  } catch (const std::exception& caught) {
    return fail(ErrorCode::internal, std::string("the conversion failed: ") + caught.what(), from.string());
  }
}

}  // namespace uie::checkpoint
