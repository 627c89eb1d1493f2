// Memory for the kernels: 64-byte aligned (a cache line, a widest vector), grown rarely, never shrunk.
#pragma once

#include <cstddef>
#include <memory>

namespace uie::model::cpu {

constexpr size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }
constexpr size_t ceil_div(size_t value, size_t step) { return (value + step - 1) / step; }

// Every row of an activation has room for whole panels of any instruction set, so that kernels store full vectors.
// The columns past the real width hold zeros: zero weights, zero bias and f(0) = 0 keep them so.
//
// Rows never lie a multiple of 4,096 bytes apart: all of them would fall into one set of the first-level cache, and a
// product that reads a column of many rows would push them out in turns.
constexpr size_t kRowStep = 32;
constexpr size_t padded(size_t columns) {
  constexpr size_t kAlias = 4'096 / sizeof(float);
  const size_t pitch = round_up(columns, kRowStep);
  return pitch % kAlias == 0 ? pitch + kRowStep : pitch;
}

// Zeros, 64-byte aligned; throws std::bad_alloc. What is large lies in huge pages where the system has them: the
// weights of a layer are more 4 KiB pages than the processor's table holds, and a product reads them all again for each
// chunk of rows.
void* take_zeros(size_t bytes);
void give_back(void* memory) noexcept;

// T is trivial. The memory starts as zeros.
template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size) { reserve(size); }

  // Contents are lost when it grows.
  void reserve(size_t size) {
    if (size <= size_) return;
    data_.reset(static_cast<T*>(take_zeros(size * sizeof(T))));
    size_ = size;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](size_t index) { return data_.get()[index]; }
  const T& operator[](size_t index) const { return data_.get()[index]; }

 private:
  struct Release {
    void operator()(T* memory) const { give_back(memory); }
  };

  std::unique_ptr<T, Release> data_;
  size_t size_ = 0;
};

}  // namespace uie::model::cpu
