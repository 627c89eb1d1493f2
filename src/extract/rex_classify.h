// Classification: single, multiple and hierarchical labels of the whole text. Source: spec/rex.md §10.
#pragma once

#include <memory>

#include "extract/rex_mode.h"

namespace uie {

// True when the text asks for classification: it holds [CLASSIFY] or [MULTICLASSIFY] anywhere.
bool asks_for_classes(const Text& text);

// Borrows `request`. Requires asks_for_classes(request.task.text).
std::unique_ptr<RexMode> make_class_mode(const RexRequest& request);

}  // namespace uie
