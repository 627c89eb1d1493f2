// What is known once a task is tokenised; only read afterwards.
#pragma once

#include <memory>
#include <vector>

#include "extract/rex_labels.h"
#include "uie/extract/family.h"
#include "uie/schema/task.h"
#include "uie/text/tokenizer.h"

namespace uie {

struct RexRequest {
  Task task;
  ExtractOptions caps;
  std::shared_ptr<const Tokenizer> tokenizer;
  RexLabel root;
  std::vector<Token> tokens;  // of the text, without frame
};

}  // namespace uie
