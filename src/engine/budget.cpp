#include "engine/budget.h"

#include <algorithm>

namespace uie::engine {
namespace {

// The longest query of the families there are: a batch of such fills tokens and area at once.
constexpr size_t kLongestQuery = 512;

// A GPU needs thousands of tokens to be busy. A CPU is busy with a few hundred a thread (engine_bench: batches of 256
// to 4,096 tokens give the same rate on two cores), and a larger batch only lets a short text wait longer behind it.
size_t default_tokens(const EncoderInfo& info) {
  if (info.device != "cpu") return 16'384;
  return std::clamp<size_t>(static_cast<size_t>(std::max(info.threads, 1)) * 256, 512, 4'096);
}

}  // namespace

Budget budget_for(const EncoderInfo& info, const EngineOptions& options) {
  Budget budget{};
  budget.max_tokens = options.max_batch_tokens > 0 ? options.max_batch_tokens : default_tokens(info);
  budget.max_area = options.max_batch_area > 0 ? options.max_batch_area : budget.max_tokens * kLongestQuery;
  budget.max_queries = options.max_batch_size > 0 ? options.max_batch_size : SIZE_MAX;
  return budget;
}

}  // namespace uie::engine
