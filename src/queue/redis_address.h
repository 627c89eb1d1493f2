// Where Redis is and how to be let in.
#pragma once

#include <string>

#include "uie/base/result.h"
#include "uie/queue/redis.h"

namespace uie::redis {

struct Address {
  std::string host;  // empty: `socket_path`
  int port = 6'379;
  std::string socket_path;
  std::string user, password;
  int database = 0;

  // For logs: without user and password.
  std::string shown() const;
};

// Reads the URL (percent-decoded) and the password file. Errors: invalid_request; the message never holds the password.
Result<Address> read_address(const RedisOptions& options);

}  // namespace uie::redis
