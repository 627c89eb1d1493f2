// The table of kernels: one set of functions per instruction set, the same source compiled with other flags.
//
// Everything here is plain data and C arrays: the files behind it are compiled with -mavx512f and the like, and must
// not instantiate a template or an inline function of the standard library, or the linker might keep that copy for
// everybody.
//
// Sums run in one fixed order per output element (k ascending, one accumulator), whatever the tile, the number of rows
// or the thread. So a row's result is the same bits alone and in any batch.
#pragma once

#include <cstddef>
#include <cstdint>

namespace uie::model::cpu {

// A float product over more than this many numbers a row goes through them in slices, so that a slice of many rows
// stays in cache beside one of the weights. It needs C for the sums so far: where C is also the residual, or is
// bfloat16, the product is done in one go.
inline constexpr size_t kSlice = 1024;

// Applied to an element of a product after the bias.
enum class Post { none, gelu, relu, tanh };

// C = post(A Wᵀ + bias) + residual, for rows [row_begin, row_end) and panels [panel_begin, panel_end) of W.
// Either c or c16 is set. W is packed: panel p holds output columns [p * panel, (p + 1) * panel), as [k][panel] floats
// or as [k / 2][panel][2] bfloat16.
struct GemmTask {
  const float* a = nullptr;  // [rows, lda]
  const uint16_t* a16 = nullptr;
  size_t lda = 0;
  const void* weights = nullptr;
  const float* bias = nullptr;  // [panels * panel]; null: none
  size_t k = 0;                 // bfloat16: even
  float* c = nullptr;           // [rows, ldc]
  uint16_t* c16 = nullptr;
  size_t ldc = 0;
  const float* residual = nullptr;  // [rows, ldc]; may be c; null: none
  Post post = Post::none;
  size_t row_begin = 0, row_end = 0;
  size_t panel_begin = 0, panel_end = 0;
};

// y = (x + add - mean) / √(variance + eps) * weight + bias over each row of `columns` numbers. x may be y.
struct NormTask {
  const float* x = nullptr;    // [rows, ld]
  const float* add = nullptr;  // [rows, ld]; null: none
  const float* weight = nullptr;
  const float* bias = nullptr;  // both [ld], zero past columns
  float eps = 0;
  size_t columns = 0;
  size_t ld = 0;
  float* y = nullptr;       // [rows, ld]
  uint16_t* y16 = nullptr;  // the same rounded to bfloat16; null: not wanted
  size_t row_begin = 0, row_end = 0;
};

// One head of one text, query rows [row_begin, row_end); see attention_kernel.inl.
struct AttentionTask {
  const float *q = nullptr, *k = nullptr,
              *v = nullptr;  // [length, ld], the head's columns first; q is scaled by s·log2 e
  size_t ld = 0;
  size_t length = 0;
  size_t dim = 0;                      // d: width of the dot products
  size_t dim_padded = 0;               // a multiple of 16: columns of v and of the output
  const int32_t* positions = nullptr;  // [length], in [0, position_count)
  size_t position_count = 0;
  size_t linear_from = 0;  // from this token on positions rise by one
  const int32_t *groups = nullptr, *slots = nullptr;
  // Relative tables, transposed: [dim][pitch], columns [0, 2 reach]; null: the term is off.
  const float* c2p = nullptr;  // column = key position - query position + reach
  const float* p2c = nullptr;  // column = query position - key position + reach, scaled like q
  size_t pitch = 0;
  size_t reach = 0;
  float* out = nullptr;  // [length, ldo], the head's columns first
  uint16_t* out16 = nullptr;
  size_t ldo = 0;
  size_t row_begin = 0, row_end = 0;
};

struct Kernels {
  size_t panel;       // columns of a packed panel
  size_t block_rows;  // rows a micro-kernel takes at once
  void (*gemm)(const GemmTask&);
  void (*gemm_bf16)(const GemmTask&);  // a16 and bfloat16 weights; null where the instruction set lacks it
  void (*layer_norm)(const NormTask&);
  void (*activate)(Post post, const float* x, float* y, size_t count);  // count: a multiple of 16
  void (*exp2)(const float* x, float* y, size_t count);                 // x <= 0; count: a multiple of 16
  void (*round_to_bf16)(const float* x, uint16_t* y, size_t count);     // to nearest even; count: a multiple of 16
  // [rows, ld] → panels [rows / panel][dim][panel], the last one filled up with zeros.
  void (*pack_transposed)(const float* x, size_t ld, size_t rows, size_t dim, float* panels);
  size_t (*attention_scratch)(const AttentionTask&);  // floats that attend needs
  void (*attend)(const AttentionTask&, float* scratch);
};

const Kernels& portable_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
const Kernels& avx512_bf16_kernels();

}  // namespace uie::model::cpu
