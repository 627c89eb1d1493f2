#include "cli/presence.h"

#include <exception>
#include <string>
#include <utility>

#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::cli {
namespace {

constexpr std::chrono::milliseconds kLook{200};

}  // namespace

Presence::Presence(RedisWorker& worker, Card card) : worker_(worker), card_(std::move(card)) {
  look();
  thread_ = std::thread([this] { watch(); });
}

Presence::~Presence() {
  quit_.close();
  thread_.join();
}

void Presence::look() {
  const auto card = card_();
  if (present_ == card.has_value()) return;
  if (card) {
    worker_.announce(*card);
    if (present_) log_info("model " + card->model + ": a device is back, and so is this worker");
  } else {
    worker_.withdraw();
    log_warn("no device of a model is healthy: this worker leaves the fleet until one is back");
  }
  present_ = card.has_value();
}

void Presence::watch() {
  name_thread("uie-presence");
  while (!quit_.closed()) {
    try {
      look();
    } catch (const std::exception& error) {
      log_error(std::string("looking after the worker's presence failed: ") + error.what());
    }
    quit_.pop(Deadline::after(kLook));
  }
}

}  // namespace uie::cli
