// The header of a safetensors file that is about to be written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

struct TensorPlan {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;

  size_t bytes() const;
};

// True when `a` lies before `b` in the file: the widest numbers first, so that each is aligned to its size; then by
// name.
bool lies_before(const TensorPlan& a, const TensorPlan& b);

// Length, JSON and padding; the data of `tensors` follow in this order. Names must be UTF-8.
std::string safetensors_header(const std::vector<TensorPlan>& tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace uie::checkpoint
