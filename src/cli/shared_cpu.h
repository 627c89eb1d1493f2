// Several models on one CPU: their encoders take turns, batch by batch.
//
// Each encoder has as many threads as the process may use. Two that ran at once would be twice as many threads as
// processors, each waiting at the end of every loop for one that is not scheduled. So one batch runs at a time, with
// all threads; those of the other encoders sleep. Turns are given in the order in which they were asked for, so that no
// model starves.
#pragma once

#include <cstdint>
#include <memory>

#include "uie/base/mutex.h"
#include "uie/engine/engine.h"

namespace uie::cli {

// Thread safe. No lock is held while somebody has the turn.
class Turns {
 public:
  void wait_for_turn();
  void pass_on();

 private:
  Mutex mutex_;
  Condition passed_on_;
  uint64_t next_ticket_ UIE_GUARDED_BY(mutex_) = 0;
  uint64_t now_serving_ UIE_GUARDED_BY(mutex_) = 0;
};

// An encoder factory whose encoders run only while they have the turn. Loading needs none.
Engine::EncoderFactory take_turns(Engine::EncoderFactory make, std::shared_ptr<Turns> turns);

}  // namespace uie::cli
