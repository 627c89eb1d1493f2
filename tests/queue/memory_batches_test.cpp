#include "queue/batch_contract.h"

namespace uie::testing_support {

INSTANTIATE_TEST_SUITE_P(Memory, BatchContract, testing::Values(BatchBackend{"memory", make_memory_batch_store}));

TEST(MemoryBatches, SayThatTheyEndWithTheProcess) { EXPECT_FALSE(make_memory_batch_store({})->durable()); }

}  // namespace uie::testing_support
