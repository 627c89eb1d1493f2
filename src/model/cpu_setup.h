// What an encoder on the CPU takes from its options, whichever architecture it has.
#pragma once

#include "model/cpu/cpu_options.h"
#include "uie/base/result.h"
#include "uie/model/encoder.h"

namespace uie::model {

// "auto" is fp32: bf16 halves the work of the products, but near the threshold it changes answers.
// Errors: unsupported, `where` "dtype".
Result<cpu::Dtype> choose_dtype(const EncoderOptions& options);

// As asked for, else as many as the process may use.
int choose_threads(const EncoderOptions& options);

cpu::CpuOptions cpu_options(const EncoderOptions& options, cpu::Dtype dtype, int threads);

const char* to_string(cpu::Dtype dtype);

// Device, its name and the threads; the rest is for the caller to fill.
EncoderInfo describe_cpu(int threads);

}  // namespace uie::model
