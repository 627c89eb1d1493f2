// From the link matrix to what a query asked for: links above the threshold with their mirrored logit, and probes.
#pragma once

#include <span>

#include "uie/model/query.h"

namespace uie::model {

// A link exists when its raw score is strictly above this (probability > 0.5): spec/rex.md §3.
constexpr float kLinkThreshold = 0;

// z: [length, length], row major. Links come row major. Every probe must lie inside.
LinkHits decode_links(std::span<const float> z, size_t length, std::span<const Cell> probes);

}  // namespace uie::model
