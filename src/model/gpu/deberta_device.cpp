#include "model/gpu/deberta_device.h"

#include <charconv>
#include <utility>

#include "model/gpu/deberta_gpu.h"
#include "uie/base/log.h"
#include "uie/checkpoint/reader.h"

namespace uie::model::gpu {
namespace {

using uie::gpu::Number;

// Runs in fp16; what leaves its range, in bf16.
class SaferDeberta final : public LinkModel {
 public:
  SaferDeberta(std::filesystem::path model_dir, const DebertaConfig& config, const DebertaWeights& weights,
               int64_t positions, const GpuOptions& options)
      : model_dir_(std::move(model_dir)),
        config_(config),
        positions_(positions),
        options_(options),
        model_(std::make_unique<DebertaGpu>(config, weights, positions, options)) {}

  std::vector<LinkHits> run(std::span<const LinkQuery* const> batch) override {
    try {
      return model_->run(batch);
    } catch (const NotFinite&) {
      if (options_.number == Number::bf16) throw;
    }
    if (!reserve_) load_reserve();
    return reserve_->run(batch);
  }

  size_t weight_bytes() const override { return model_->weight_bytes() + (reserve_ ? reserve_->weight_bytes() : 0); }

 private:
  void load_reserve() {
    log_warn("scores left the range of fp16; such batches run in bf16 from now on (--dtype bf16 for all)");
    const auto reader = checkpoint::Reader::open(model_dir_);
    if (!reader) throw DeviceError("the checkpoint cannot be read again: " + reader.error().message, false);
    const auto weights = read_deberta_weights(config_, *reader);
    if (!weights) throw DeviceError("the checkpoint cannot be read again: " + weights.error().message, false);
    GpuOptions options = options_;
    options.number = Number::bf16;
    reserve_ = std::make_unique<DebertaGpu>(config_, *weights, positions_, options);
  }

  const std::filesystem::path model_dir_;
  const DebertaConfig config_;
  const int64_t positions_;
  const GpuOptions options_;
  std::unique_ptr<DebertaGpu> model_, reserve_;
};

Result<int> device_index(const std::string& device) {
  if (device == "cuda") return 0;
  int index = -1;
  const char *begin = device.data() + 5, *end = device.data() + device.size();
  if (device.starts_with("cuda:") && std::from_chars(begin, end, index).ptr == end && index >= 0) return index;
  return fail(ErrorCode::invalid_request, "a device is called cpu, cuda or cuda:N", device);
}

}  // namespace

Result<OnDevice> build_deberta_on_device(const std::filesystem::path& model_dir, const DebertaConfig& config,
                                         const DebertaWeights& weights, int64_t positions,
                                         const EncoderOptions& options) {
  const auto index = device_index(options.device);
  if (!index) return Unexpected(index.error());
  if (options.dtype == "fp32")
    return fail(ErrorCode::unsupported, "the CUDA encoder computes in fp16 or bf16; take the device cpu for fp32",
                "dtype");
  if (const std::string why = why_not_on_gpu(config); !why.empty()) {
    return fail(ErrorCode::unsupported, "the CUDA encoder does not run a model with " + why + "; take the device cpu",
                model_dir.string());
  }
  GpuOptions on_gpu;
  on_gpu.device = *index;
  on_gpu.number = options.dtype == "bf16" ? Number::bf16 : Number::fp16;
  try {
    OnDevice built;
    built.model = std::make_unique<SaferDeberta>(model_dir, config, weights, positions, on_gpu);
    built.dtype = options.dtype == "bf16" ? "bf16" : "fp16";
    built.device_name = uie::gpu::device_name(*index);
    return built;
  } catch (const DeviceError& error) {
    return fail(ErrorCode::unavailable, error.what(), options.device);
  }
}

}  // namespace uie::model::gpu
