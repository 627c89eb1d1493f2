// The contract over a real redis-server, each queue under a prefix of its own.
#include "queue/contract.h"
#include "queue/redis_pair.h"
#include "queue/redis_server.h"

namespace uie::testing_support {
namespace {

std::unique_ptr<JobQueue> make_redis(const QueueOptions& limits, Metrics& metrics) {
  static RedisServer server;
  static int made = 0;
  RedisOptions options = server.options();
  options.prefix = "test" + std::to_string(++made);
  return std::make_unique<RedisPair>(options, limits, metrics);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Redis, QueueContract, testing::Values(QueueBackend{"redis", make_redis, true}),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace uie::testing_support
