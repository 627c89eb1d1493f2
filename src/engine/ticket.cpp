#include "engine/ticket.h"

#include <exception>

#include "uie/base/log.h"

namespace uie::engine {

Ticket::~Ticket() {
  if (owes_answer_) answer(fail(ErrorCode::internal, "the server lost track of this job; its log says more"));
  if (id_ != 0) stages_.landed();
  while (held_-- > 0) permits_.try_push(Permit{});
}

void Ticket::accept(JobId id) noexcept {
  id_ = id;
  owes_answer_ = true;
  stages_.took_off();
}

void Ticket::answer(JobResult result) {
  if (!std::exchange(owes_answer_, false)) return;
  stages_.finished(result).add();
  try {
    queue_.finish(id_, std::move(result));
  } catch (const std::exception& error) {
    log_error("an answer could not be handed to the queue:");
    log_error(error.what());
  }
}

}  // namespace uie::engine
