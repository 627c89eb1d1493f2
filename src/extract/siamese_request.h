// What is known once a task is tokenised; only read afterwards.
#pragma once

#include <memory>

#include "extract/siamese_labels.h"
#include "extract/siamese_text.h"
#include "uie/extract/family.h"
#include "uie/schema/task.h"
#include "uie/text/tokenizer.h"

namespace uie {

struct SiameseRequest {
  Task task;
  ExtractOptions caps;
  std::shared_ptr<const Tokenizer> tokenizer;
  SiameseLabel root;
  SiameseText text;
};

}  // namespace uie
