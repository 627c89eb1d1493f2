// Ids and errors that are the same for every BatchStore.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "uie/base/result.h"

namespace uie {

// 32 hex digits. An id is all that it takes to read a batch, so it comes from the system's own generator.
inline std::string secret_batch_id() {
  std::random_device device;
  std::string id;
  while (id.size() < 32) {
    for (uint32_t bits = device(), i = 0; i < 8; ++i, bits >>= 4) id += "0123456789abcdef"[bits & 15];
  }
  return id;
}

inline Unexpected no_such_batch() {
  return fail(ErrorCode::not_found, "there is no such job: it never was, has expired, or was deleted");
}

inline Unexpected key_of_another_batch() {
  return fail(ErrorCode::invalid_request, "this Idempotency-Key belongs to a job with another content; use a new one");
}

inline Unexpected too_many_batches(const std::string& kept) {
  return fail(ErrorCode::overloaded,
              kept + " jobs are kept, as many as may be: delete some, or wait until they expire");
}

}  // namespace uie
