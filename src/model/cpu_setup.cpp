#include "model/cpu_setup.h"

#include <string>

#include "model/cpu_budget.h"

namespace uie::model {
namespace {

// Threads stay on their cores only where they fill all that the process may use: on a part of them, other encoders and
// other processes would choose the same ones.
std::vector<int> cores_to_pin(const EncoderOptions& options, int threads) {
  const std::vector<int> cores = allowed_cpus();
  return options.pin_threads && threads == static_cast<int>(cores.size()) ? cores : std::vector<int>{};
}

}  // namespace

Result<cpu::Dtype> choose_dtype(const EncoderOptions& options) {
  if (options.dtype == "auto" || options.dtype == "fp32") return cpu::Dtype::fp32;
  if (options.dtype != "bf16") return fail(ErrorCode::unsupported, "the CPU computes in fp32 or bf16", "dtype");
  if (options.reference) return fail(ErrorCode::unsupported, "the reference path computes in fp32 alone", "dtype");
  if (!cpu::has_bf16(cpu::best_isa())) {
    return fail(ErrorCode::unsupported, "this CPU has no bfloat16 products (AVX512-BF16); take fp32", "dtype");
  }
  return cpu::Dtype::bf16;
}

int choose_threads(const EncoderOptions& options) { return options.threads > 0 ? options.threads : usable_threads(); }

cpu::CpuOptions cpu_options(const EncoderOptions& options, cpu::Dtype dtype, int threads) {
  cpu::CpuOptions cpu_options;
  cpu_options.threads = static_cast<size_t>(threads);
  cpu_options.pin_to = cores_to_pin(options, threads);
  cpu_options.dtype = dtype;
  return cpu_options;
}

const char* to_string(cpu::Dtype dtype) { return dtype == cpu::Dtype::bf16 ? "bf16" : "fp32"; }

EncoderInfo describe_cpu(int threads) {
  EncoderInfo info;
  info.device = "cpu";
  info.device_name = cpu_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  info.threads = threads;
  return info;
}

}  // namespace uie::model
