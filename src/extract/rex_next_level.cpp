#include "extract/rex_next_level.h"

#include <functional>

namespace uie {

size_t NextLevel::KeyHash::operator()(const Key& key) const {
  size_t hash = std::hash<const void*>()(key.label);
  const auto mix = [&hash](uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29); };
  mix(key.parent);
  mix((uint64_t{key.begin} << 32) | key.end);
  mix(std::hash<double>()(key.confidence));
  return hash;
}

void NextLevel::add(const std::vector<Prefix>& level, const Found& found, std::string_view span,
                    bool confidence_is_identity, bool apply_threshold) {
  if (cut_) return;
  const Key key{found.parent, found.label, found.begin, found.end, confidence_is_identity ? found.confidence : 0.0};
  if (!seen_.insert(key).second) return;
  if (apply_threshold && found.confidence < found.label->threshold) return;
  if (prefixes_.size() >= max_prefixes_) {
    cut_ = true;
    return;
  }
  Prefix prefix = level[found.parent];
  prefix.path.push_back(found.label);
  prefix.items.push_back({found.label->stripped, std::string(span), found.begin, found.end, found.confidence});
  prefixes_.push_back(std::move(prefix));
}

}  // namespace uie
