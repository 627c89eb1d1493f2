#include "server/fake_service.h"

#include <algorithm>
#include <chrono>

namespace uie::testing_support {

using std::chrono::milliseconds;

FakeService::FakeService(Engine engine, const QueueOptions& options)
    : engine_(std::move(engine)), queue_(make_in_process_queue(options)), thread_([this] { run(); }) {}

FakeService::~FakeService() {
  stopping_ = true;
  queue_->close();
  thread_.join();
}

void FakeService::run() {
  while (!stopping_) {
    parked_ = held_.load();
    if (parked_) {
      std::this_thread::sleep_for(milliseconds(1));
      continue;
    }
    auto job = queue_->take(Deadline::after(milliseconds(20)));
    if (job) queue_->finish(job->id, engine_(*job));
  }
}

void FakeService::hold() {
  held_ = true;
  while (!parked_) std::this_thread::sleep_for(milliseconds(1));
}

JobResult FakeService::echo(const Job& job) {
  const Text& text = job.task.text;
  const uint32_t end = std::min<uint32_t>(text.size(), 2);
  Extracted extracted;
  if (!text.empty() && !job.task.schema->children.empty()) {
    extracted.chains = {{{job.task.schema->children.front().label, std::string(text.slice(0, end)), 0, end, 0.98765}}};
  }
  extracted.usage = {text.size(), text.size() + 2, 1, 1};
  extracted.timing.compute = 0.002;
  return extracted;
}

std::vector<ModelView> FakeService::models() const {
  ModelView model;
  model.name = "main";
  model.family = family_;
  model.languages = {"zh"};
  model.dtype = "fp32";
  model.device = "cpu";
  model.max_length = 512;
  model.ready = true;
  std::vector<ModelView> models{model};
  for (const auto& [name, reason] : missing_) {
    ModelView& view = models.emplace_back();
    view.name = name;
    view.reason = reason;
  }
  return models;
}

std::vector<DeviceView> FakeService::devices() const {
  DeviceView device;
  device.name = "Test CPU";
  device.device = "cpu";
  device.dtype = "fp32";
  device.profile = "cpu";
  device.health = "healthy";
  return {device};
}

JobQueue* FakeService::queue(std::string_view model) {
  return model.empty() || model == "main" ? queue_.get() : nullptr;
}

Result<std::vector<TokenView>> FakeService::tokenize(std::string_view, const Text& text) const {
  std::vector<TokenView> tokens;
  for (uint32_t i = 0; i < text.size(); ++i) tokens.push_back({static_cast<int32_t>(text.at(i)), i, i + 1});
  return tokens;
}

}  // namespace uie::testing_support
