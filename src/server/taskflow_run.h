// Answers a Taskflow schema with extractions of ours.
//
// PaddleNLP gives a span whether or not anything is found below it; our families give whole paths from root to leaf. So
// each depth of the schema is asked for on its own, and the answers are laid over each other. Questions with given
// answers follow, about the text or about each span found above them.
#pragma once

#include <string>
#include <vector>

#include "server/job_run.h"
#include "server/taskflow_findings.h"

namespace uie {

// One entry a text, in order. Errors: the first that a text met.
Result<std::vector<Findings>> run_taskflow(const RunContext& context, const std::string& family,
                                           const std::vector<Text>& texts, const Schema& schema, Deadline deadline);

}  // namespace uie
