#include "model/link_decode.h"

namespace uie::model {

LinkHits decode_links(std::span<const float> z, size_t length, std::span<const Cell> probes) {
  LinkHits hits;
  for (size_t row = 0; row < length; ++row) {
    for (size_t col = 0; col < length; ++col) {
      const float logit = z[row * length + col];
      if (!(logit > kLinkThreshold)) continue;
      hits.links.push_back({static_cast<uint32_t>(row), static_cast<uint32_t>(col), logit, z[col * length + row]});
    }
  }
  hits.probes.reserve(probes.size());
  for (const Cell& cell : probes) hits.probes.push_back(z[cell.row * length + cell.col]);
  return hits;
}

}  // namespace uie::model
