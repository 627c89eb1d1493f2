// Takes a model's tensors by name and shape and collects complaints, so that one error can name them all.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/layer_weights.h"
#include "uie/checkpoint/reader.h"

namespace uie::model {

// Old spellings are read as today's: a trailing `gamma` or `beta` as `weight` or `bias`, and `module.` in front of
// every name (data-parallel training) as nothing.
class TensorSource {
 public:
  using Shape = std::vector<int64_t>;

  // A longer first dimension is fine where only the first rows are used.
  enum class Rows { exact, at_least };

  // The reader must outlive the source.
  explicit TensorSource(const checkpoint::Reader& reader);

  // Every name, in today's spelling, and what the file calls it.
  const std::map<std::string, std::string>& names() const { return stored_; }

  // Empty, with a complaint, when the tensor is missing, misshapen or not of floats.
  std::vector<float> take(const std::string& name, const Shape& shape, Rows rows = Rows::exact);
  LinearWeights linear(const std::string& name, const Shape& weight);
  NormWeights norm(const std::string& name, int64_t hidden);

  // A tensor that the model knows and does not need.
  void ignore(const std::string& name) { unused_.erase(name); }

  void complain(const std::string& what);
  const std::string& complaints() const { return complaints_; }

  // One line with what nobody took or ignored.
  void log_unused() const;

 private:
  const checkpoint::Reader& reader_;
  std::map<std::string, std::string> stored_;
  std::set<std::string> unused_;
  std::string complaints_;
};

}  // namespace uie::model
