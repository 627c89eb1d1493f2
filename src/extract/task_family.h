// Named tasks for any family: a decorator around Family::begin that puts a task in the family's own words, lets the
// family extract, and reads its tuples back.
#pragma once

#include <memory>

#include "uie/extract/family.h"

namespace uie {

// Tasks without a name go through as they are.
std::shared_ptr<const Family> with_named_tasks(std::shared_ptr<const Family> family);

}  // namespace uie
