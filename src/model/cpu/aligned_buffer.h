// Memory for the kernels: 64-byte aligned (a cache line, a widest vector), grown rarely, never shrunk.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace uie::model::cpu {

constexpr size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }
constexpr size_t ceil_div(size_t value, size_t step) { return (value + step - 1) / step; }

// Every row of an activation has room for whole panels of any instruction set, so that kernels store full vectors.
// The columns past the real width hold zeros: zero weights, zero bias and f(0) = 0 keep them so.
constexpr size_t kRowStep = 32;
constexpr size_t padded(size_t columns) { return round_up(columns, kRowStep); }

// T is trivial. The memory starts as zeros.
template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size) { reserve(size); }

  // Contents are lost when it grows.
  void reserve(size_t size) {
    if (size <= size_) return;
    const size_t bytes = round_up(size * sizeof(T), kAlignment);
    data_.reset(static_cast<T*>(::operator new (bytes, std::align_val_t{kAlignment})));
    std::memset(data_.get(), 0, bytes);
    size_ = size;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](size_t index) { return data_.get()[index]; }
  const T& operator[](size_t index) const { return data_.get()[index]; }

 private:
  static constexpr size_t kAlignment = 64;
  struct Release {
    void operator()(T* memory) const { ::operator delete (memory, std::align_val_t{kAlignment}); }
  };

  std::unique_ptr<T, Release> data_;
  size_t size_ = 0;
};

}  // namespace uie::model::cpu
