#include "model/cpu/convolution.h"

#include <algorithm>
#include <vector>

namespace uie::model::cpu {
namespace {

template <class T>
void gather_text(const PackedText& text, size_t hidden, size_t kernel, const T* from, size_t ld, T* to, size_t ldo) {
  const size_t half = (kernel - 1) / 2;
  for (size_t token = 0; token < text.length; ++token) {
    T* row = to + (text.begin + token) * ldo;
    for (size_t tap = 0; tap < kernel; ++tap) {
      const size_t neighbour = token + tap - half;  // wraps below 0, and is then past the end
      if (neighbour < text.length) {
        std::copy_n(from + (text.begin + neighbour) * ld, hidden, row + tap * hidden);
      } else {
        std::fill_n(row + tap * hidden, hidden, T{0});
      }
    }
    std::fill(row + kernel * hidden, row + ldo, T{0});
  }
}

}  // namespace

PackedMatrix pack_convolution(const Kernels& kernels, Dtype dtype, const DebertaConfig& config,
                              const LinearWeights& weights) {
  const size_t hidden = static_cast<size_t>(config.hidden), taps = static_cast<size_t>(config.conv_kernel);
  const size_t members = hidden / static_cast<size_t>(config.conv_groups);
  std::vector<float> dense(hidden * taps * hidden);
  for (size_t out = 0; out < hidden; ++out) {
    const size_t first = out / members * members;
    for (size_t member = 0; member < members; ++member) {
      for (size_t tap = 0; tap < taps; ++tap) {
        dense[(out * taps + tap) * hidden + first + member] = weights.weight[(out * members + member) * taps + tap];
      }
    }
  }
  return PackedMatrix(kernels, dtype, dense, hidden, taps * hidden, weights.bias);
}

void gather_neighbours(const Machine& machine, const PackedBatch& batch, size_t hidden, size_t kernel, const Rows& from,
                       const Rows& to) {
  machine.pool.parallel_for(batch.texts.size(), [&](size_t text, size_t) {
    if (from.halves) {
      gather_text(batch.texts[text], hidden, kernel, from.halves, from.ld, to.halves, to.ld);
    } else {
      gather_text(batch.texts[text], hidden, kernel, from.floats, from.ld, to.floats, to.ld);
    }
  });
}

}  // namespace uie::model::cpu
