#include "model/cpu/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace uie::model::cpu {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

void* take_zeros(size_t bytes) {
  const size_t alignment = bytes < kHugePage ? kAlignment : kHugePage;
  const size_t whole = round_up(bytes, kAlignment);
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, whole) != 0) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (alignment == kHugePage) madvise(memory, whole / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish: may fail
#endif
  return std::memset(memory, 0, whole);
}

void give_back(void* memory) noexcept { std::free(memory); }

}  // namespace uie::model::cpu
