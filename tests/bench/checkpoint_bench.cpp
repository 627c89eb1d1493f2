// How long a model's weights take to open (directory, checksums, pickle) and to widen to float32.
// Rates are of bytes in the file.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "checkpoint/make_files.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

namespace fs = std::filesystem;

const fs::path kDefaultModel = fs::path(UIE_SOURCE_DIR) / "models/default/model.safetensors";

// A PyTorch zip of 16 float tensors of 4 MiB, as it is or each transposed.
class TorchZip {
 public:
  explicit TorchZip(bool transposed) {
    using namespace pickled;
    const std::vector<int64_t> strides = transposed ? std::vector<int64_t>{1, 1024} : std::vector<int64_t>{1024, 1};
    std::string entries;
    std::vector<StorageBytes> storages;
    for (int i = 0; i < 16; ++i) {
      const std::string key = std::to_string(i);
      entries += text("w" + key) + tensor(storage("FloatStorage", key, 1 << 20), 0, {1024, 1024}, strides);
      storages.push_back({key, std::string(4 << 20, static_cast<char>(i)), 1 << 20});
    }
    std::ofstream(path, std::ios::binary) << zip_file(pickle(dict(entries)), storages);
  }
  ~TorchZip() { fs::remove(path); }

  const fs::path path = fs::temp_directory_path() / ("checkpoint_bench_" + std::to_string(getpid()));
};

void open_file(benchmark::State& state, const fs::path& path) {
  for (auto _ : state) benchmark::DoNotOptimize(Reader::open(path).value());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(fs::file_size(path)));
}

void widen_all(benchmark::State& state, const fs::path& path) {
  const Reader reader = std::move(*Reader::open(path));
  for (auto _ : state) {
    for (const std::string& name : reader.model_names()) benchmark::DoNotOptimize(reader.floats(name).value());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(fs::file_size(path)));
}

void open_default_model(benchmark::State& state) { open_file(state, kDefaultModel); }
void widen_default_model(benchmark::State& state) { widen_all(state, kDefaultModel); }
void open_torch_zip(benchmark::State& state) { open_file(state, TorchZip(false).path); }
void widen_torch_zip(benchmark::State& state) { widen_all(state, TorchZip(false).path); }
void open_transposed_torch_zip(benchmark::State& state) { open_file(state, TorchZip(true).path); }

BENCHMARK(open_default_model)->Unit(benchmark::kMillisecond);
BENCHMARK(widen_default_model)->Unit(benchmark::kMillisecond);
BENCHMARK(open_torch_zip)->Unit(benchmark::kMillisecond);
BENCHMARK(widen_torch_zip)->Unit(benchmark::kMillisecond);
BENCHMARK(open_transposed_torch_zip)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace uie::checkpoint

BENCHMARK_MAIN();
