// Any bytes as a JSON document, as a schema, as options and as tasks: an error or a value, and what is written reads
// the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "uie/schema/json.h"
#include "uie/schema/tasks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const uie::SchemaLimits limits;
  const auto json = uie::parse_json(bytes, limits);
  if (!json) {
    uie::dump_json(uie::error_to_json(json.error()));
    return 0;
  }
  const auto again = uie::parse_json(uie::dump_json(*json), limits);
  if (!again || *again != *json) std::abort();
  if (const auto options = uie::parse_options(*json, "/options"); !options) uie::error_to_json(options.error());
  if (const auto tasks = uie::parse_tasks(*json, limits, "/tasks"); !tasks) uie::error_to_json(tasks.error());
  if (const auto task = uie::parse_task(*json, limits, "/task"); task && task->labels->is_leaf()) std::abort();
  if (const auto schema = uie::parse_schema(*json, limits, "/schema")) {
    const auto tree = uie::to_json(**schema);
    const auto same = uie::parse_schema(tree, limits);
    if (!same || uie::to_json(**same) != tree) std::abort();
  }
  return 0;
}
