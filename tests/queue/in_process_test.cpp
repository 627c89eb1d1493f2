#include "queue/contract.h"

namespace uie::testing_support {

INSTANTIATE_TEST_SUITE_P(InProcess, QueueContract, testing::Values(QueueBackend{"in_process", make_in_process_queue}),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace uie::testing_support
