#include "uie/checkpoint/reader.h"

#include <new>

#include "checkpoint/errors.h"
#include "checkpoint/floats.h"
#include "checkpoint/mapping.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/torch_file.h"

namespace uie::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScaleSuffix = ".scale";

Unexpected not_a_checkpoint(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.empty()) return corrupt("the file is empty");
  if (text.substr(0, 256).find("https://git-lfs.github.com/spec") != std::string_view::npos) {
    return corrupt("a Git LFS pointer, not the weights: fetch them with git lfs pull");
  }
  if (text.starts_with("<")) return corrupt("a web page saved as a model: download the weights anew");
  return corrupt("neither safetensors nor a PyTorch checkpoint");
}

// By content; names of files lie.
Result<TensorTable> read_any(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("PK")) return read_torch_zip(file);
  // A safetensors header may be 640 bytes long and so begin like a pickle, but a brace tells them apart: no
  // checkpoint's magic number has one there.
  ByteCursor cursor(file);
  const auto header_size = cursor.number<uint64_t>();
  const bool brace = cursor.ok() && cursor.left() > 0 && cursor.number<char>() == '{';
  if (!brace && text.starts_with("\x80")) return read_torch_legacy(file);
  const bool plausible = cursor.ok() && header_size <= file.size() - sizeof(uint64_t);
  if (brace || plausible) return read_safetensors(file);
  return not_a_checkpoint(file);
}

// Memory may run out, and nlohmann::json throws: values from here on.
Result<TensorTable> read_without_exceptions(Bytes file) {
  try {
    return read_any(file);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::unavailable, "not enough memory to read the checkpoint");
  } catch (const std::exception&) {
    return corrupt("the file cannot be read");
  }
}

Result<fs::path> weight_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    if (fs::exists(path / name, ignored)) return path / name;
  }
  for (const char* name : {"model.safetensors.index.json", "pytorch_model.bin.index.json"}) {
    if (fs::exists(path / name, ignored))
      return unsupported("weights in several files are not supported", path.string());
  }
  return corrupt("the directory holds neither model.safetensors nor pytorch_model.bin", path.string());
}

Error placed_in(const fs::path& file, Error error) {
  error.where = error.where.empty() ? file.string() : file.string() + ": " + error.where;
  return error;
}

}  // namespace

struct Reader::State {
  Mapping mapping;
  TensorTable table;
  std::vector<std::string> names;

  State(Mapping mapped, TensorTable read) : mapping(std::move(mapped)), table(std::move(read)) {
    for (const auto& [name, view] : table.tensors) names.push_back(name);
  }

  const TensorView* find(std::string_view name) const {
    const auto found = table.tensors.find(name);
    return found == table.tensors.end() ? nullptr : &found->second;
  }

  Result<TensorView> tensor(std::string_view name) const {
    const TensorView* found = find(name);
    if (found == nullptr) return corrupt("the checkpoint has no tensor of this name", printable(name));
    return *found;
  }

  Result<std::vector<float>> floats(std::string_view name) const {
    const Result<TensorView> stored = tensor(name);
    if (!stored) return Unexpected(stored.error());
    if (std::optional<std::vector<float>> numbers = widen(*stored)) return std::move(*numbers);
    const TensorView* scale = stored->dtype == DType::i8 ? find(std::string(name).append(kScaleSuffix)) : nullptr;
    if (scale == nullptr) {
      return corrupt("its numbers are " + std::string(to_string(stored->dtype)) + " where floats belong",
                     printable(name));
    }
    const std::optional<std::vector<float>> factors = widen(*scale);
    const bool fits = factors && !stored->shape.empty() && scale->shape == std::vector{stored->shape[0]};
    if (!fits) return corrupt("its .scale must hold one float for each row", printable(name));
    return scale_rows(*stored, *factors);
  }

  // `name` is the scale of an int8 tensor.
  bool is_companion(std::string_view name) const {
    if (!name.ends_with(kScaleSuffix)) return false;
    const TensorView* owner = find(name.substr(0, name.size() - kScaleSuffix.size()));
    return owner != nullptr && owner->dtype == DType::i8;
  }
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const fs::path& path) {
  const Result<fs::path> file = weight_file(path);
  if (!file) return Unexpected(file.error());
  Result<Mapping> mapping = Mapping::open(*file);
  if (!mapping) return Unexpected(mapping.error());
  Result<TensorTable> table = read_without_exceptions(mapping->bytes());
  if (!table) return Unexpected(placed_in(*file, table.error()));
  return Reader(std::make_unique<State>(std::move(*mapping), std::move(*table)));
}

Result<Reader> Reader::from_bytes(Bytes bytes) {
  Result<TensorTable> table = read_without_exceptions(bytes);
  if (!table) return Unexpected(table.error());
  return Reader(std::make_unique<State>(Mapping(), std::move(*table)));
}

const std::vector<std::string>& Reader::names() const { return state_->names; }

bool Reader::contains(std::string_view name) const { return state_->find(name) != nullptr; }

Result<TensorView> Reader::tensor(std::string_view name) const { return state_->tensor(name); }

Result<std::vector<float>> Reader::floats(std::string_view name) const {
  try {
    return state_->floats(name);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::unavailable, "not enough memory for its numbers", printable(name));
  }
}

std::vector<std::string> Reader::model_names() const {
  std::vector<std::string> names;
  for (const std::string& name : state_->names) {
    if (!state_->is_companion(name)) names.push_back(name);
  }
  return names;
}

}  // namespace uie::checkpoint
