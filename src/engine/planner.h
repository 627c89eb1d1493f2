// The threads that own extractions while they step them: tokenise, plan, decode, answer.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/batcher.h"
#include "uie/extract/family.h"

namespace uie::engine {

class Planners final : public FlightSink {
 public:
  // capacity: the most flights that exist. planning: counts the flights here, for the batcher to see.
  Planners(std::shared_ptr<const Family> family, Batcher& batcher, Stages& stages, std::atomic<size_t>& planning,
           size_t capacity)
      : family_(std::move(family)), batcher_(batcher), stages_(stages), planning_(planning), landed_(capacity) {}
  ~Planners() override { stop(); }

  void start(int threads);

  // A new text, or one whose round is back.
  void land(FlightPtr flight) noexcept override;

  // Steps what has landed, then joins. Nothing may land afterwards.
  void stop();

 private:
  void work();
  void step(FlightPtr flight) noexcept;
  Result<std::vector<Query>> advance(Flight& flight);
  std::vector<Query> begin(Flight& flight);
  Result<std::vector<Query>> feed(Flight& flight);
  void complete(Flight& flight);

  const std::shared_ptr<const Family> family_;
  Batcher& batcher_;
  Stages& stages_;
  std::atomic<size_t>& planning_;
  Channel<FlightPtr> landed_;
  std::vector<std::thread> threads_;
};

}  // namespace uie::engine
