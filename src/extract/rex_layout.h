// Where the tokens of a query stand and whom they see: position ids, groups and slots. Source: spec/rex.md §6.
//
// Every prefix restarts after [CLS], every type after its prefix; so the L×L visibility matrix of the reference
// becomes two numbers a token (model/query.h). Segments come from how the hint was written, not from its token ids: a
// literal [TYPE] or [SEP] inside a span moves nothing (the reference breaks there, §12).
#pragma once

#include <cstdint>

#include "extract/rex_hints.h"
#include "uie/model/query.h"

namespace uie {

// Writes hint and text into a query: ids, segments, positions, groups, slots. `text_ids` are the tokens between the
// two [SEP]; the last token becomes [SEP] as well.
LinkQuery lay_out(const Hint& hint, std::vector<int32_t> text_ids);

}  // namespace uie
