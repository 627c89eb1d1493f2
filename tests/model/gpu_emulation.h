// gpu.h on the CPU: the threads of a block are fibers that take turns, and meet where a GPU's threads meet. Slow, exact
// about who reads what when, and everywhere: the kernels are tested where there is no card. What it cannot show: races
// between barriers, bank conflicts, time.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/gpu_numbers.h"

#define UIE_DEVICE inline

namespace uie::gpu {
namespace emulation {

constexpr size_t kStack = 128 << 10;

struct Fiber {
  jmp_buf place;  // switching by jumps: swapcontext() asks the kernel each time
  int thread = 0;
  bool begun = false, done = false;
  int turn = 0;  // exchanges of its warp so far
};

// Who meets: a warp or the block. Arrived ones wait until all have.
struct Meeting {
  int members = 0, arrived = 0, number = 0;
};

struct Block {
  int threads = 0, x = 0, y = 0;
  std::vector<Fiber> fibers;
  Meeting whole;
  std::vector<Meeting> warps;
  std::vector<uint64_t> slots;  // [warp][2][lane][8]: what lanes show each other
  jmp_buf scheduler;
  Fiber* current = nullptr;
  const std::function<void()>* kernel = nullptr;
};

inline Block*& running() {
  static Block* block = nullptr;
  return block;
}

inline void pause() {
  Block& block = *running();
  if (_setjmp(block.current->place) == 0) _longjmp(block.scheduler, 1);
}

// Kept: fresh ones would cost more than what runs on them.
inline char* stack_of(int thread) {
  static std::vector<std::unique_ptr<char[]>> stacks;
  while (stacks.size() <= static_cast<size_t>(thread)) stacks.emplace_back(new char[kStack]);
  return stacks[static_cast<size_t>(thread)].get();
}

inline void meet(Meeting& meeting) {
  const int number = meeting.number;
  if (++meeting.arrived == meeting.members) {
    meeting.arrived = 0;
    ++meeting.number;
    return;
  }
  while (meeting.number == number) pause();
}

inline void enter() {
  Block& block = *running();
  (*block.kernel)();
  block.current->done = true;
  // A thread that has left is waited for by nobody.
  --block.whole.members;
  --block.warps[static_cast<size_t>(block.current->thread / kWarp)].members;
  pause();
}

// Runs until the fiber pauses or ends.
inline void resume(Block& block, Fiber& fiber) {
  if (_setjmp(block.scheduler) != 0) return;
  if (std::exchange(fiber.begun, true)) _longjmp(fiber.place, 1);
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = stack_of(fiber.thread);
  context.uc_stack.ss_size = kStack;
  context.uc_link = nullptr;
  makecontext(&context, enter, 0);
  setcontext(&context);
}

// One block of a grid. Throws when its threads wait for each other for ever.
inline void run_block(int threads, int x, int y, const std::function<void()>& kernel) {
  Block block;
  block.threads = threads;
  block.x = x;
  block.y = y;
  block.kernel = &kernel;
  block.whole.members = threads;
  block.warps.assign(static_cast<size_t>((threads + kWarp - 1) / kWarp), Meeting{kWarp, 0, 0});
  block.slots.resize(block.warps.size() * 2 * kWarp * 8);
  block.fibers.resize(static_cast<size_t>(threads));
  running() = &block;
  for (int i = 0; i < threads; ++i) {
    Fiber& fiber = block.fibers[static_cast<size_t>(i)];
    fiber.thread = i;
  }
  for (int idle = 0;;) {
    bool any = false;
    const int before = block.whole.number + block.whole.arrived;
    long progress = 0;
    for (Fiber& fiber : block.fibers) {
      if (fiber.done) continue;
      any = true;
      block.current = &fiber;
      resume(block, fiber);
      progress += fiber.done;
    }
    if (!any) break;
    for (const Meeting& warp : block.warps) progress += warp.number;
    static thread_local long last = -1;
    idle = progress == last && before == block.whole.number + block.whole.arrived ? idle + 1 : 0;
    last = progress;
    if (idle > 10) throw std::runtime_error("the threads of a block wait for each other for ever");
  }
  running() = nullptr;
}

// Every lane shows `count` words and sees those of all lanes of its warp: [lane][8].
inline const uint64_t* exchange(const uint64_t* words, int count) {
  Block& block = *running();
  Fiber& fiber = *block.current;
  const size_t warp = static_cast<size_t>(fiber.thread / kWarp), lane = static_cast<size_t>(fiber.thread % kWarp);
  uint64_t* table = block.slots.data() + (warp * 2 + static_cast<size_t>(fiber.turn++ % 2)) * kWarp * 8;
  for (int i = 0; i < count; ++i) table[lane * 8 + static_cast<size_t>(i)] = words[i];
  meet(block.warps[warp]);
  return table;
}

}  // namespace emulation

inline int thread() { return emulation::running()->current->thread; }
inline int lane() { return thread() % kWarp; }
inline int warp() { return thread() / kWarp; }
inline int threads() { return emulation::running()->threads; }
inline int block_x() { return emulation::running()->x; }
inline int block_y() { return emulation::running()->y; }
inline void sync() { emulation::meet(emulation::running()->whole); }

inline float shuffle_xor(float x, int mask) {
  const uint64_t word = std::bit_cast<uint32_t>(x);
  const uint64_t* all = emulation::exchange(&word, 1);
  return std::bit_cast<float>(static_cast<uint32_t>(all[(lane() ^ mask) * 8]));
}
inline float power_of_two(float x) { return std::exp2(x); }
inline float inverse_root(float x) { return 1 / std::sqrt(x); }
inline float error_function(float x) { return std::erf(x); }
inline float hyperbolic_tangent(float x) { return std::tanh(x); }
inline int add_to(int* counter, int n) {
  const int before = *counter;
  *counter += n;
  return before;
}

template <class E>
uint32_t pack(E type, float x, float y) {
  return narrow(type, x) | static_cast<uint32_t>(narrow(type, y)) << 16;
}

inline void copy16(void* to, const void* from, bool valid) {
  if (reinterpret_cast<uintptr_t>(to) % 16 != 0 || (valid && reinterpret_cast<uintptr_t>(from) % 16 != 0))
    throw std::runtime_error("copy16: not aligned");
  valid ? std::memcpy(to, from, 16) : std::memset(to, 0, 16);
}
inline void copies_done() {}

inline void load_matrices(uint32_t (&part)[4], const uint16_t* row) {
  const uint64_t word = reinterpret_cast<uint64_t>(row);
  const uint64_t* all = emulation::exchange(&word, 1);
  const int g = lane() / 4, t = lane() % 4;
  for (int m = 0; m < 4; ++m) std::memcpy(&part[m], reinterpret_cast<const uint16_t*>(all[(8 * m + g) * 8]) + 2 * t, 4);
}
inline void load_transposed(uint32_t (&part)[4], const uint16_t* row) {
  const uint64_t word = reinterpret_cast<uint64_t>(row);
  const uint64_t* all = emulation::exchange(&word, 1);
  const int g = lane() / 4, t = lane() % 4;
  for (int m = 0; m < 4; ++m) {
    const auto at = [&](int r) { return reinterpret_cast<const uint16_t*>(all[(8 * m + r) * 8])[g]; };
    part[m] = at(2 * t) | static_cast<uint32_t>(at(2 * t + 1)) << 16;
  }
}

template <class E>
void multiply_add(E type, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  const uint64_t words[6] = {a[0], a[1], a[2], a[3], b0, b1};
  const uint64_t* all = emulation::exchange(words, 6);
  const int g = lane() / 4, t = lane() % 4;
  for (int k = 0; k < 16; ++k) {
    const int pair = k % 8 / 2, half = 16 * (k % 2);
    const auto number = [&](int from, int word) {
      return widen(type, static_cast<uint16_t>(all[from * 8 + word] >> half));
    };
    const float x = number(4 * g + pair, k < 8 ? 0 : 2), y = number(4 * g + pair, k < 8 ? 1 : 3);
    const float u = number(8 * t + pair, k < 8 ? 4 : 5), v = number(8 * t + 4 + pair, k < 8 ? 4 : 5);
    c[0] += x * u;
    c[1] += x * v;
    c[2] += y * u;
    c[3] += y * v;
  }
}

}  // namespace uie::gpu
