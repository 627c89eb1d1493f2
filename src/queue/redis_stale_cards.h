// Cards of models that nobody serves any more. A card outlives its workers, so that front ends can say that a model is
// there but nobody has it now; without an end, every model that was ever tried would be named for ever.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "queue/redis_connection.h"
#include "uie/base/deadline.h"

namespace uie::redis {

// One thread. A front end's own memory: after its start the wait begins anew.
class StaleCards {
 public:
  explicit StaleCards(std::chrono::milliseconds patience) : patience_(patience) {}

  // What somebody saw of a model just now. Gives the command that drops its card once it was not wanted for so long;
  // the command looks again, so that a worker that comes at that moment, or a dead letter, keeps it.
  std::optional<Command> look(const std::string& prefix, const std::string& model, bool wanted);

 private:
  const std::chrono::milliseconds patience_;
  std::map<std::string, Deadline> unwanted_;  // model → when its card may go
};

}  // namespace uie::redis
