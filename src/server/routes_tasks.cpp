// GET /v1/tasks: what can be asked by name. The list does not change while the program runs.
#include "server/site.h"
#include "uie/schema/tasks.h"

namespace uie {

void add_task_routes(Router& router) {
  router.add("GET", "/v1/tasks", LaneKind::express, [](Call& call) {
    static const Json answer{{"tasks", list_of_tasks()}};
    answer_json(call, answer);
  });
}

}  // namespace uie
