// What the front end shows of engine and models. cli/ fills it; tests fill it with fakes. The server never sees the
// engine, a model or a device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"
#include "uie/queue/batch_store.h"
#include "uie/queue/job_queue.h"
#include "uie/schema/task.h"
#include "uie/text/text.h"

namespace uie {

struct DeviceView {
  std::string name;     // "NVIDIA A10", "AMD EPYC"
  std::string device;   // "cuda:0", "cpu"
  std::string model;    // which model's part of it this is
  std::string dtype;    // "fp32", …
  std::string profile;  // "cpu", "a10", …
  std::string health;   // "healthy", "failing", "gone"
  uint64_t batches = 0, queries = 0, tokens = 0, failures = 0;
  double memory_used_mb = 0, memory_total_mb = 0, utilization = 0;  // 0 on a machine without a GPU
  bool is_gpu = false;
  size_t max_batch_tokens = 0;
};

struct ModelView {
  std::string name, family, path_name;  // path_name: the last component of the directory, never the whole path
  std::vector<std::string> languages;
  std::string dtype, device;
  uint64_t parameters = 0, memory_bytes = 0;
  uint32_t max_length = 0;  // tokens a window
  bool ready = false;
  std::string reason;  // why it is not ready, for people; empty when it is
};

struct TokenView {
  int32_t id;
  uint32_t begin, end;
};

// Thread safe.
class Service {
 public:
  virtual ~Service() = default;

  virtual std::vector<ModelView> models() const = 0;  // the first is the default
  virtual std::vector<DeviceView> devices() const = 0;

  // The queue of a model; an empty name means the default. Null when there is no such model, or it is not loaded.
  virtual JobQueue* queue(std::string_view model) = 0;

  // Where /v1/jobs keeps what it was given. Outlives the server.
  virtual BatchStore& batches() = 0;

  // Ready to answer: the default model is loaded and every loaded model has a healthy device. Draining or starting:
  // false.
  virtual bool ready() const = 0;

  // Special tokens of the frame not included. Errors: not_found; unsupported when this process has no tokeniser.
  virtual Result<std::vector<TokenView>> tokenize(std::string_view model, const Text& text) const = 0;

  // Effective settings, secrets redacted: (flag, value) in the order of the option list.
  virtual std::vector<std::pair<std::string, std::string>> settings() const = 0;

  // The text of GET /metrics.
  virtual std::string metrics_text() = 0;
};

}  // namespace uie
