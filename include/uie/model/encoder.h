// One model on one device: packed queries in, hits out. The only public face of libtorch; no torch type here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/model/query.h"

namespace uie {

struct EncoderOptions {
  std::string device = "cpu";  // "cpu", "cuda:0", …
  std::string dtype =
      "auto";               // "auto", "fp32", "bf16", "fp16"; auto: the fastest that keeps the answers on this device
  int threads = 0;          // CPU: 0 = as many as the process may use (affinity and cgroup quota)
  bool pin_threads = true;  // CPU: bind worker threads to cores
  bool reference = false;   // the plain libtorch path, for tests and as the peer in benchmarks
  // SiameseUIE: memory for what the lower layers gave, at most; not a flag. A window of 384 tokens of a base model
  // takes 1.2 MB. The reference path keeps one text.
  size_t lower_half_cache_bytes = size_t{256} << 20;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(dtype, OptionInfo{"dtype", "", "auto, fp32, bf16 or fp16; auto takes the fastest that keeps the answers"});
    visitor(threads, OptionInfo{"threads", "threads", "CPU threads of the encoder; 0: as many as the process may use"});
    visitor(pin_threads, OptionInfo{"pin-threads", "", "bind the encoder's CPU threads to cores"});
    visitor(reference, OptionInfo{"reference-encoder", "", "run the plain libtorch path (slow; for comparison)"});
  }
};

struct EncoderInfo {
  std::string architecture;  // "deberta-v2", "bert"
  std::string device;        // "cpu", "cuda:0"
  std::string device_name;   // "AMD EPYC, 2 threads"
  std::string dtype;         // what is in use: "fp32", "bf16", "fp16"
  size_t parameters = 0;
  size_t weight_bytes = 0;  // resident on the device
  int threads = 0;          // CPU only
  int layers = 0, hidden = 0, heads = 0;
};

// SiameseUIE: how often the lower layers ran since the encoder was loaded, and how often a batch found their output in
// the cache or among its own queries. Zeros for other architectures.
struct LowerHalfCounts {
  uint64_t text_passes = 0, text_reuses = 0;  // a window of text each
  uint64_t hint_passes = 0, hint_reuses = 0;  // a prompt at a position each
};

// Owned and used by one thread at a time. Results do not depend on a query's neighbours in the batch
// (scores within 1e-4 relative).
class Encoder {
 public:
  virtual ~Encoder() = default;

  // batch: one kind of query, already within budget, none null, none empty. Results in the same order.
  // Errors: invalid_request (an id or length out of range: the query's index is in `where`), unavailable (out of
  // memory, device lost), internal. Never throws.
  virtual Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) = 0;

  virtual const EncoderInfo& info() const = 0;

  virtual LowerHalfCounts lower_half() const { return {}; }
};

// Loads config.json and weights of a model directory as published (spec/rex.md §2, §7; spec/siamese.md §1; int8 rows
// with scales; fp16 and bf16 are widened).
// Errors: corrupt_checkpoint naming the file and every missing or misshapen tensor; unsupported; unavailable (device).
// Extra tensors are logged once.
Result<std::unique_ptr<Encoder>> load_encoder(const std::filesystem::path& model_dir, const EncoderOptions& options);

}  // namespace uie
