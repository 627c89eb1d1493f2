// The little that we need of CUDA's runtime, without its headers: memory, copies, one stream, graphs, matrix products.
// Everything throws DeviceError; a lost device and a full one are told apart.
//
// Two implementations: runtime_cuda.cpp, and one in main memory for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "model/device_error.h"
#include "model/kernels/launch.h"

namespace uie::gpu {

using model::DeviceError;

// Makes `index` the calling thread's device, and readies the kernels there.
void use_device(int index);
// "NVIDIA H200"
std::string device_name(int index);

// Zeroed memory, on the device or pinned on the host; of the device of the thread that made it.
class Memory {
 public:
  enum class Place { device, host };

  Memory() = default;
  Memory(Place place, size_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }

  template <class T>
  T* as(size_t offset_bytes = 0) const {
    return reinterpret_cast<T*>(static_cast<char*>(data_) + offset_bytes);
  }
  size_t bytes() const { return bytes_; }

 private:
  void swap(Memory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(place_, other.place_);
  }

  void* data_ = nullptr;
  size_t bytes_ = 0;
  Place place_ = Place::device;
};

class Queue {
 public:
  Queue();
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  Stream stream() const { return stream_; }
  // Host memory of asynchronous copies must be pinned, and stay until wait().
  void copy_to_device(void* to, const void* from, size_t bytes);
  void copy_to_host(void* to, const void* from, size_t bytes);
  void wait();

 private:
  Stream stream_ = nullptr;
};

// What was enqueued between begin() and end(), to be enqueued again at the price of one launch.
class Graph {
 public:
  Graph() = default;
  ~Graph();
  Graph(Graph&& other) noexcept : instance_(std::exchange(other.instance_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(instance_, other.instance_);
    return *this;
  }

  static bool supported();
  static void begin(Queue& queue);
  static Graph end(Queue& queue);
  void launch(Queue& queue) const;
  explicit operator bool() const { return instance_ != nullptr; }

 private:
  void* instance_ = nullptr;
};

// y = x Wᵀ + b, sums in float.
struct Product {
  const uint16_t* x = nullptr;        // [rows, k]
  const uint16_t* weights = nullptr;  // [columns, k]
  const uint16_t* bias = nullptr;     // [columns]; null: none
  uint16_t* y = nullptr;              // [rows, columns]
  int rows = 0, columns = 0, k = 0;   // columns and k: multiples of 8
};

class Products {
 public:
  explicit Products(Number number);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  // Which algorithm is chosen once for each shape: rows should come in few sizes.
  void run(const Product& product, Queue& queue);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace uie::gpu
