// Our products against OpenBLAS, in turns in one run: gemm_bench [threads] [seconds per shape].
//
// OpenBLAS is loaded at run time (libopenblas.so.0); without it only our figures are printed. Best of all rounds
// counts: on a shared machine the others measure the neighbours.
#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "model/cpu/isa.h"
#include "model/cpu/linear.h"

namespace {

using namespace uie::model::cpu;

using Sgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                       const float* b, int ldb, float beta, float* c, int ldc);

struct OpenBlas {
  Sgemm sgemm = nullptr;
  explicit OpenBlas(int threads) {
    void* library = dlopen("libopenblas.so.0", RTLD_NOW);
    if (!library) return;
    sgemm = reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
    if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"))) set(threads);
  }
};

double now(bool cpu_time) {
  timespec time{};
  clock_gettime(cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds_of(size_t threads, auto&& body) {
  const double start = now(threads == 1);
  body();
  return now(threads == 1) - start;
}

struct Shape {
  size_t m, n, k;
};

std::vector<float> numbers(size_t count) {
  std::vector<float> x(count);
  for (float& value : x) value = static_cast<float>(std::rand()) / static_cast<float>(RAND_MAX) - 0.5F;
  return x;
}

// y = x Wᵀ in every way this machine knows.
void compare(const Shape& shape, ThreadPool& pool, const OpenBlas& blas, double budget) {
  const auto [m, n, k] = shape;
  const std::vector<float> weight = numbers(n * k), x = numbers(m * k);
  std::vector<float> y(m * n);
  AlignedBuffer<float> input(m * padded(k)), output(m * padded(n));
  AlignedBuffer<uint16_t> input16(m * padded(k));
  for (size_t row = 0; row < m; ++row) {
    for (size_t i = 0; i < k; ++i) {
      input[row * padded(k) + i] = x[row * k + i];
      input16[row * padded(k) + i] = to_bf16(x[row * k + i]);
    }
  }
  struct Way {
    Isa isa;
    Dtype dtype;
    PackedMatrix matrix;
    double best = 1e9;
  };
  std::vector<Way> ways;
  for (const Isa isa : available_isas()) {
    if (isa == Isa::portable) continue;
    const bool bf16 = kernels_for(isa).gemm_bf16 != nullptr;
    const Dtype dtype = bf16 ? Dtype::bf16 : Dtype::fp32;
    ways.push_back({isa, dtype, PackedMatrix(kernels_for(isa), dtype, weight, n, k, {})});
  }
  double best_blas = 1e9;
  for (double spent = 0; spent < budget;) {
    for (Way& way : ways) {
      LinearTask task;
      task.matrix = &way.matrix;
      task.input = {input.data(), input16.data(), padded(k)};
      task.rows = m;
      task.output = {output.data(), nullptr, padded(n)};
      const double took = seconds_of(pool.size(), [&] { multiply({kernels_for(way.isa), pool}, task); });
      way.best = std::min(way.best, took);
      spent += took;
    }
    if (!blas.sgemm) continue;
    constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;
    const int im = static_cast<int>(m), in = static_cast<int>(n), ik = static_cast<int>(k);
    const double took = seconds_of(pool.size(), [&] {
      blas.sgemm(kRowMajor, kNoTrans, kTrans, im, in, ik, 1, x.data(), ik, weight.data(), ik, 0, y.data(), in);
    });
    best_blas = std::min(best_blas, took);
    spent += took;
  }
  const double gflop = 2e-9 * static_cast<double>(m * n * k);
  std::printf("%5zu x %4zu x %4zu ", m, n, k);
  if (blas.sgemm) std::printf(" openblas %6.1f", gflop / best_blas);
  for (const Way& way : ways) {
    std::printf("  %s %s %6.1f", std::string(to_string(way.isa)).c_str(), way.dtype == Dtype::bf16 ? "bf16" : "fp32",
                gflop / way.best);
    if (blas.sgemm) std::printf(" (%.2fx)", best_blas / way.best);
  }
  std::printf("  GFLOP/s\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  const double budget = argc > 2 ? std::atof(argv[2]) : 1;
  ThreadPool pool(static_cast<size_t>(threads));
  const OpenBlas blas(threads);
  for (const size_t m : {1, 16, 64, 264, 1024}) {
    // Of the default model, then of a BERT of base size.
    for (const auto& [n, k] : {std::pair<size_t, size_t>{1536, 512},
                               {512, 1536},
                               {512, 512},
                               {2304, 768},
                               {768, 768},
                               {3072, 768},
                               {768, 3072}}) {
      compare({m, n, k}, pool, blas, budget);
    }
  }
}
