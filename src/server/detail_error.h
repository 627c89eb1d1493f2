// Errors in the shape of FastAPI, on which the servers of ModelScope and PaddleNLP are built: their clients read
// `detail`. Source: https://fastapi.tiangolo.com/tutorial/handling-errors/
#pragma once

#include "server/router.h"

namespace uie {

// {"detail": "…"}, or, where places in the request are known,
// {"detail": [{"loc": ["body", "data", "text", 0], "msg": "…", "type": "value_error"}, …]}.
Json to_detail_json(const Problem& problem);

// Status and headers as answer_problem.
void answer_detail(Call& call, const Problem& problem);

}  // namespace uie
