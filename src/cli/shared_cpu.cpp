#include "cli/shared_cpu.h"

#include <utility>

namespace uie::cli {
namespace {

class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) { turns_.wait_for_turn(); }
  ~Turn() { turns_.pass_on(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns& turns_;
};

class TurnTakingEncoder final : public Encoder {
 public:
  TurnTakingEncoder(std::unique_ptr<Encoder> encoder, std::shared_ptr<Turns> turns)
      : encoder_(std::move(encoder)), turns_(std::move(turns)) {}

  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    const Turn turn(*turns_);
    return encoder_->run(batch);
  }

  const EncoderInfo& info() const override { return encoder_->info(); }
  LowerHalfCounts lower_half() const override { return encoder_->lower_half(); }

 private:
  const std::unique_ptr<Encoder> encoder_;
  const std::shared_ptr<Turns> turns_;
};

}  // namespace

void Turns::wait_for_turn() {
  MutexLock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  while (now_serving_ != ticket) passed_on_.wait(lock);
}

void Turns::pass_on() {
  MutexLock lock(mutex_);
  ++now_serving_;
  passed_on_.notify_all();
}

Engine::EncoderFactory take_turns(Engine::EncoderFactory make, std::shared_ptr<Turns> turns) {
  return [make = std::move(make), turns = std::move(turns)]() -> Result<std::unique_ptr<Encoder>> {
    auto encoder = make();
    if (!encoder || !*encoder) return encoder;
    return std::make_unique<TurnTakingEncoder>(std::move(*encoder), turns);
  };
}

}  // namespace uie::cli
