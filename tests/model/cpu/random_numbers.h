// Fresh random inputs for the kernels' tests: each run has its own seed, printed by gtest when a test fails.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "model/cpu/isa.h"
#include "model/cpu/kernels.h"

namespace uie::model::cpu {

class RandomNumbers {
 public:
  RandomNumbers()
      : seed_(std::random_device{}()), random_(seed_), trace_(__FILE__, __LINE__, "seed " + std::to_string(seed_)) {}

  float operator()(float low = -1, float high = 1) { return std::uniform_real_distribution<float>(low, high)(random_); }
  size_t pick(size_t low, size_t high) { return std::uniform_int_distribution<size_t>(low, high)(random_); }
  std::vector<float> vector(size_t count, float low = -1, float high = 1) {
    std::vector<float> numbers(count);
    for (float& x : numbers) x = (*this)(low, high);
    return numbers;
  }

 private:
  unsigned seed_;
  std::mt19937 random_;
  ::testing::ScopedTrace trace_;
};

// A test that runs once for every instruction set of this machine.
class EveryIsa : public ::testing::TestWithParam<Isa> {
 protected:
  const Kernels& kernels() const { return kernels_for(GetParam()); }
  RandomNumbers random_;
};

inline std::string isa_name(const ::testing::TestParamInfo<Isa>& info) { return std::string(to_string(info.param)); }

#define UIE_FOR_EVERY_ISA(suite) INSTANTIATE_TEST_SUITE_P(Isas, suite, ::testing::ValuesIn(available_isas()), isa_name)

}  // namespace uie::model::cpu
