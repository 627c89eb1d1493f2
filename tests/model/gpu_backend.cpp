// launch.h and runtime.h in main memory: kernels run by emulation, products by plain loops. So what DebertaGpu asks of
// a card can be tested where there is none.
#define UIE_GPU_EMULATION
#include <cstdlib>
#include <cstring>
#include <new>

#include "model/kernels/attention.h"
#include "model/kernels/links.h"
#include "model/kernels/rows.h"
#include "model/kernels/runtime.h"

namespace uie::gpu {
namespace {

constexpr int kLinkColumns = 4, kCellBlocks = 4;

template <class Kernel>
void run_grid(int64_t blocks, int rows, int threads, Kernel kernel) {
  for (int64_t x = 0; x < blocks; ++x) {
    for (int y = 0; y < rows; ++y) emulation::run_block(threads, static_cast<int>(x), y, kernel);
  }
}

int64_t blocks(int64_t work, int64_t each) { return (work + each - 1) / each; }

template <class Work>
void with(Number number, Work work) {
  number == Number::fp16 ? work(Fp16()) : work(Bf16());
}

char* shared_memory() {
  alignas(64) static char memory[kAttentionShared];
  return memory;
}

template <class E>
void multiply(E type, const Product& product) {
  for (int row = 0; row < product.rows; ++row) {
    for (int column = 0; column < product.columns; ++column) {
      float sum = 0;
      for (int i = 0; i < product.k; ++i) {
        sum += widen(type, product.x[row * product.k + i]) * widen(type, product.weights[column * product.k + i]);
      }
      if (product.bias) sum += widen(type, product.bias[column]);
      product.y[row * product.columns + column] = narrow(type, sum);
    }
  }
}

}  // namespace

int prepare_kernels() { return 0; }
void use_device(int) {}
std::string device_name(int) { return "emulation"; }

void launch_narrow(Number number, const NarrowTask& task, Stream) {
  with(number, [&](auto type) {
    for (int64_t i = 0; i < task.count; ++i) task.to[i] = narrow(type, task.from[i]);
  });
}
void launch_embed(Number number, const EmbedTask& task, Stream) {
  with(number,
       [&](auto type) { run_grid(blocks(task.rows, kRowsABlock), 1, kRowThreads, [&] { embed(type, task); }); });
}
void launch_norm(Number number, const NormTask& task, Stream) {
  with(number,
       [&](auto type) { run_grid(blocks(task.rows, kRowsABlock), 1, kRowThreads, [&] { add_and_norm(type, task); }); });
}
void launch_neighbours(const NeighbourTask& task, Stream) {
  const int64_t chunks = int64_t{task.rows} * task.taps * (task.columns / kRowChunk);
  run_grid(blocks(chunks, kRowThreads), 1, kRowThreads, [&] { gather_neighbours(task); });
}
void launch_activation(Number number, const ActivationTask& task, Stream) {
  with(number, [&](auto type) {
    run_grid(blocks(task.count, kRowChunk * kRowThreads), 1, kRowThreads, [&] { activate(type, task); });
  });
}
void launch_attention(Number number, const AttentionTask& task, int tiles, Stream) {
  with(number, [&](auto type) {
    run_grid(tiles, task.heads, kAttentionThreads, [&] { attend(type, task, shared_memory()); });
  });
}
void launch_rotation(Number number, const RotateTask& task, Stream) {
  with(number, [&](auto type) {
    run_grid(blocks(int64_t{task.count} * task.columns / 2, kRowThreads), 1, kRowThreads, [&] { rotate(type, task); });
  });
}
void launch_begin(const LinkTask& task, Stream) { begin_links(task); }
void launch_links(Number number, const LinkTask& task, int tiles, Stream) {
  with(number, [&](auto type) {
    run_grid(tiles, kLinkColumns, kAttentionThreads, [&] { find_links(type, task, kLinkColumns, shared_memory()); });
  });
}
void launch_cells(Number number, const ProbeTask& task, Stream) {
  with(number, [&](auto type) {
    run_grid(kCellBlocks, 1, kRowThreads, [&] { read_cells(type, task, kCellBlocks * kRowsABlock); });
  });
}

Memory::Memory(Place place, size_t bytes) : bytes_(bytes), place_(place) {
  if (bytes == 0) return;
  data_ = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (!data_) throw DeviceError("out of memory", true);
  std::memset(data_, 0, bytes);
}
Memory::~Memory() { std::free(data_); }

Queue::Queue() = default;
Queue::~Queue() = default;
void Queue::copy_to_device(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
void Queue::copy_to_host(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
void Queue::wait() {}

Graph::~Graph() = default;
bool Graph::supported() { return false; }
void Graph::begin(Queue&) {}
Graph Graph::end(Queue&) { return {}; }
void Graph::launch(Queue&) const {}

struct Products::State {
  Number number;
};
Products::Products(Number number) : state_(std::make_unique<State>(State{number})) {}
Products::~Products() = default;
void Products::run(const Product& product, Queue&) {
  with(state_->number, [&](auto type) { multiply(type, product); });
}

}  // namespace uie::gpu
