// Whether a fleet may count on this process for a model: while none of its devices can run it, front ends are to say
// "no worker" at once in the place of queueing for nobody.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "uie/base/channel.h"
#include "uie/queue/redis.h"

namespace uie::cli {

// Announces the worker, and from then on withdraws and announces it as its devices fail and come back.
class Presence {
 public:
  // card: what there is to announce now; nothing while no device is healthy. Called from a thread of this object.
  // The worker must outlive it.
  using Card = std::function<std::optional<WorkerCard>()>;
  Presence(RedisWorker& worker, Card card);
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  void look();
  void watch();

  RedisWorker& worker_;
  const Card card_;
  std::optional<bool> present_;  // what the fleet was told last
  Channel<bool> quit_{1};
  std::thread thread_;
};

}  // namespace uie::cli
