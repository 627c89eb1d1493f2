#include "engine/shelf.h"

#include <algorithm>
#include <cmath>

namespace uie::engine {
namespace {

// The longest query that still fits: L tokens and L² cells.
size_t longest_fitting(const Load& load, const Budget& budget) {
  if (load.tokens >= budget.max_tokens || load.area >= budget.max_area) return 0;
  const double side = std::sqrt(static_cast<double>(budget.max_area - load.area));
  return std::min(budget.max_tokens - load.tokens, static_cast<size_t>(side));
}

}  // namespace

Load load_of(const Batch& batch) {
  Load load;
  for (const PendingQuery& query : batch) load.add(cost(query.query()));
  return load;
}

void Shelf::add(PendingQuery query) {
  const size_t tokens = cost(query.query()).tokens;
  const Key key{query.due(), ++last_number_};
  const bool sociable = query.attempts == 0;
  by_due_.emplace(key, std::move(query));
  tokens_ += tokens;
  if (sociable) by_length_[tokens].insert(key);
}

bool Shelf::pack(Batch& batch, const Budget& budget) {
  const size_t before = batch.size();
  if (batch.empty() && !empty()) batch.push_back(remove(by_due_.begin()->first));
  if (batch.empty() || batch.front().attempts > 0) return batch.size() > before;
  const size_t length = cost(batch.front().query()).tokens;
  for (Load load = load_of(batch); batch.size() < budget.max_queries; load.add(cost(batch.back().query()))) {
    const auto next = nearest(length, longest_fitting(load, budget));
    if (!next) break;
    batch.push_back(remove(*next));
  }
  return batch.size() > before;
}

PendingQuery Shelf::remove(const Key& key) {
  auto node = by_due_.extract(key);
  const size_t tokens = cost(node.mapped().query()).tokens;
  tokens_ -= tokens;
  const auto same_length = by_length_.find(tokens);
  if (same_length != by_length_.end()) {
    same_length->second.erase(key);
    if (same_length->second.empty()) by_length_.erase(same_length);
  }
  return std::move(node.mapped());
}

// The query whose length is nearest to `length` and at most `longest`; of equally long ones the most urgent.
std::optional<Shelf::Key> Shelf::nearest(size_t length, size_t longest) const {
  const auto first_longer = by_length_.lower_bound(length);
  const bool longer = first_longer != by_length_.end() && first_longer->first <= longest;
  const auto after_shorter = length <= longest ? first_longer : by_length_.upper_bound(longest);
  const bool shorter = after_shorter != by_length_.begin();
  if (!longer && !shorter) return std::nullopt;
  if (!shorter) return *first_longer->second.begin();
  const auto last_shorter = std::prev(after_shorter);
  if (!longer) return *last_shorter->second.begin();
  const bool take_longer = first_longer->first - length <= length - last_shorter->first;
  return *(take_longer ? first_longer : last_shorter)->second.begin();
}

}  // namespace uie::engine
