// A family's tuples for a named task, read back: the caller's labels, offsets into the caller's text.
#pragma once

#include "extract/task_form.h"
#include "uie/schema/extracted.h"

namespace uie {

// `found` is what the family gave for `form`, made from `task` (its text and schema are the caller's). Thresholds of
// `task` are applied here, since they name the caller's labels. Gives chains and native as uie/schema/extracted.h says.
Extracted read_answer(Extracted found, const TaskForm& form, const Task& task);

}  // namespace uie
