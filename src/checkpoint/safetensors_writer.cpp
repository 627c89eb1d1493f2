#include "checkpoint/safetensors_writer.h"

#include <nlohmann/json.hpp>
#include <tuple>

namespace uie::checkpoint {

size_t TensorPlan::bytes() const {
  return static_cast<size_t>(TensorView{dtype, shape, {}}.numel()) * byte_size(dtype);
}

bool lies_before(const TensorPlan& a, const TensorPlan& b) {
  const size_t a_width = byte_size(a.dtype), b_width = byte_size(b.dtype);
  return std::tie(b_width, a.name) < std::tie(a_width, b.name);
}

std::string safetensors_header(const std::vector<TensorPlan>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  size_t offset = 0;
  for (const TensorPlan& tensor : tensors) {
    const size_t end = offset + tensor.bytes();
    header[tensor.name] = {
        {"dtype", to_string(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string json = header.dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const uint64_t length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + json;
}

}  // namespace uie::checkpoint
