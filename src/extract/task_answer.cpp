#include "extract/task_answer.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace uie {
namespace {

class Reader {
 public:
  Reader(const TaskForm& form, const Task& task) : form_(form), task_(task), kind_(task.named->kind) {}

  // Nothing when the tuple says nothing about the caller's text or labels.
  std::optional<Chain> answer(const Chain& found) const {
    switch (kind_) {
      case TaskKind::entities:
      case TaskKind::reading:
        return spans(found, 1, 1);
      case TaskKind::relations:
        return spans(found, 2, 2);
      case TaskKind::events: {
        auto chain = spans(found, 1, 2);
        if (chain) chain->front().type = event_of(chain->front().type);
        return chain;
      }
      case TaskKind::aspects:
        return aspect(found);
      default:
        return form_.options.empty() ? labels(found) : option(found);
    }
  }

  // The tuple as it is, with offsets into the caller's text.
  Chain native(const Chain& found) const {
    Chain chain = found;
    for (Item& item : chain) {
      auto own = own_item(item);
      if (own) {
        item = *std::move(own);
      } else {
        item.begin = item.end = 0;
      }
    }
    return chain;
  }

  // The caller asked for it, and not the task alone.
  bool is_native(const Chain& found) const {
    if (!form_.early_ends || task_.options.output_all_prefix || found.size() > 1) return true;
    const auto& labels = task_.schema->children;
    return std::any_of(labels.begin(), labels.end(), [&](const SchemaNode& label) {
      return label.is_leaf() && trigger_label(label.label) == found.front().type;
    });
  }

  bool passes(const Chain& chain) const {
    return std::all_of(chain.begin(), chain.end(),
                       [&](const Item& item) { return item.confidence >= threshold_of(item.type); });
  }

 private:
  // The part of the item that lies in the caller's text.
  std::optional<Item> own_item(const Item& item) const {
    const uint32_t begin = std::max(item.begin, form_.front) - form_.front;
    const uint32_t end = std::min(std::max(item.end, form_.front) - form_.front, task_.text.size());
    if (!form_.whole || begin >= end) return std::nullopt;
    return Item{item.type, std::string(task_.text.slice(begin, end)), begin, end, item.confidence};
  }

  std::optional<Chain> spans(const Chain& found, size_t min_size, size_t max_size) const {
    if (found.size() < min_size || found.size() > max_size) return std::nullopt;
    Chain chain;
    for (const Item& item : found) {
      auto own = own_item(item);
      if (!own) return std::nullopt;
      chain.push_back(*std::move(own));
    }
    return chain;
  }

  std::optional<Chain> aspect(const Chain& found) const {
    if (found.size() != 2) return std::nullopt;
    auto aspect = own_item(found[0]), opinion = own_item(found[1]);
    const bool missing = found[0].begin < found[0].end && found[0].end <= form_.front;
    if (!aspect && missing) aspect = Item{found[0].type, {}, 0, 0, found[0].confidence};
    if (!aspect || !opinion) return std::nullopt;
    opinion->type = polarity_of(opinion->type);
    return Chain{*std::move(aspect), *std::move(opinion)};
  }

  // Labels are the types of the items.
  std::optional<Chain> labels(const Chain& found) const {
    Chain chain;
    for (const Item& item : found) {
      if (!item.type.starts_with(form_.before_label)) return std::nullopt;
      chain.push_back({item.type.substr(form_.before_label.size()), {}, 0, 0, item.confidence});
    }
    return chain;
  }

  // The label is a span of the label part, or a piece of one.
  std::optional<Chain> option(const Chain& found) const {
    if (found.size() != 1 || found[0].begin >= found[0].end) return std::nullopt;
    for (const TaskOption& option : form_.options) {
      if (found[0].begin < option.begin || found[0].end > option.end) continue;
      Chain chain;
      for (const std::string& label : option.path) chain.push_back({label, {}, 0, 0, found[0].confidence});
      return chain;
    }
    return std::nullopt;
  }

  double threshold_of(const std::string& label) const {
    for (const auto& [name, threshold] : task_.options.thresholds) {
      if (name == label) return threshold;
    }
    return task_.options.threshold;
  }

  const TaskForm& form_;
  const Task& task_;
  const TaskKind kind_;
};

std::string identity(const Chain& chain) {
  std::string key;
  for (const Item& item : chain) {
    key += item.type;
    key += '\0';
    key += std::to_string(item.begin) + ',' + std::to_string(item.end) + ';';
  }
  return key;
}

// One entry for what was found more than once, by two pieces of a label for instance: the surest.
class Merged {
 public:
  void add(Chain chain) {
    const auto [place, is_new] = places_.emplace(identity(chain), chains_.size());
    if (is_new) {
      chains_.push_back(std::move(chain));
    } else if (chains_[place->second].back().confidence < chain.back().confidence) {
      chains_[place->second] = std::move(chain);
    }
  }

  std::vector<Chain> take() { return std::move(chains_); }

 private:
  std::unordered_map<std::string, size_t> places_;
  std::vector<Chain> chains_;
};

bool gives_one_label(TaskKind kind) {
  switch (kind) {
    case TaskKind::sentiment:
    case TaskKind::emotion:
    case TaskKind::classification:
    case TaskKind::hierarchy:
    case TaskKind::matching:
    case TaskKind::inference:
    case TaskKind::coreference:
    case TaskKind::choice:
      return true;
    default:
      return false;
  }
}

void keep_the_surest(std::vector<Chain>& chains) {
  if (chains.size() < 2) return;
  const auto surer = [](const Chain& a, const Chain& b) { return a.back().confidence < b.back().confidence; };
  std::swap(chains.front(), *std::max_element(chains.begin(), chains.end(), surer));
  chains.resize(1);
}

}  // namespace

Extracted read_answer(Extracted found, const TaskForm& form, const Task& task) {
  const Reader reader(form, task);
  Merged answers;
  std::vector<Chain> native;
  for (const Chain& chain : found.chains) {
    auto answer = reader.answer(chain);
    if (answer && !reader.passes(*answer)) continue;
    if (task.options.native && reader.is_native(chain)) native.push_back(reader.native(chain));
    if (answer && !answer->empty()) answers.add(*std::move(answer));
  }
  found.chains = answers.take();
  if (gives_one_label(task.named->kind)) keep_the_surest(found.chains);
  found.native = std::move(native);
  found.usage.characters = static_cast<uint32_t>(task.characters());
  return found;
}

}  // namespace uie
