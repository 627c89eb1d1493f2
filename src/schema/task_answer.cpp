// The one shape of answers to named tasks, made from what an extraction found (Extracted in uie/schema/extracted.h).
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "schema/task_table.h"
#include "uie/schema/tasks.h"

namespace uie {
namespace {

// Items as chains_to_json writes them: {"type", "span", "offset", "confidence"}.
Json mention(const Json& item) {
  return {{"text", item["span"]}, {"offset", item["offset"]}, {"confidence", item["confidence"]}};
}

Json labelled(std::string_view label, const Json& item) {
  Json json{{"label", label}};
  json.update(mention(item));
  return json;
}

Json labelled(const Json& item) { return labelled(item["type"].get_ref<const std::string&>(), item); }

// "创始人(人物)" → 创始人, 人物. Without parentheses the relation says what its object is.
std::pair<std::string, std::string> relation_and_object(const std::string& label) {
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"(", ")"}, {"（", "）"}}) {
    const size_t begin = label.rfind(open);
    if (!label.ends_with(close) || begin == std::string::npos || begin == 0) continue;
    const size_t inner = begin + open.size();
    return {label.substr(0, begin), label.substr(inner, label.size() - close.size() - inner)};
  }
  return {label, label};
}

Json relation(const Json& chain) {
  const auto [name, object] = relation_and_object(chain[1]["type"].get<std::string>());
  return {{"subject", labelled(chain[0])}, {"relation", name}, {"object", labelled(object, chain[1])}};
}

// Arguments of one trigger come as tuples of their own.
Json events(const Json& chains) {
  Json list = Json::array();
  std::unordered_map<std::string, size_t> places;  // by type and offset
  for (const Json& chain : chains) {
    const Json& trigger = chain[0];
    const std::string key = dump_json(trigger["offset"]) + trigger["type"].get<std::string>();
    const auto [place, is_new] = places.emplace(key, list.size());
    if (is_new) {
      list.push_back({{"type", trigger["type"]}, {"trigger", mention(trigger)}, {"arguments", Json::array()}});
    }
    if (chain.size() > 1) list[place->second]["arguments"].push_back(labelled(chain[1]));
  }
  return list;
}

Json aspect(const Json& chain) {
  const Json& opinion = chain[1];
  Json json{{"aspect", nullptr}, {"opinion", mention(opinion)}, {"polarity", nullptr}};
  if (chain[0]["span"] != "") json["aspect"] = mention(chain[0]);
  if (opinion["type"] != "") json["polarity"] = opinion["type"];
  return json;
}

// The path's confidence is the mean over its labels, as families compare paths by it.
Json label(const Json& path) {
  Json json{{"label", path.back()["type"]}};
  double sum = 0;
  Json names = Json::array();
  for (const Json& item : path) {
    names.push_back(item["type"]);
    sum += item["confidence"].get<double>();
  }
  if (path.size() > 1) json["path"] = std::move(names);
  json["confidence"] = std::round(sum / static_cast<double>(path.size()) * 1e4) / 1e4;
  return json;
}

Json answer(const Json& chain) {
  Json json{{"question", chain[0]["type"]}};
  json.update(mention(chain[0]));
  return json;
}

Json shaped(TaskKind kind, const Json& chains) {
  if (kind == TaskKind::events) return events(chains);
  Json list = Json::array();
  for (const Json& chain : chains) {
    switch (kind) {
      case TaskKind::entities:
        list.push_back(labelled(chain[0]));
        break;
      case TaskKind::relations:
        list.push_back(relation(chain));
        break;
      case TaskKind::aspects:
        list.push_back(aspect(chain));
        break;
      case TaskKind::reading:
        list.push_back(answer(chain));
        break;
      default:
        list.push_back(label(chain));
    }
  }
  return list;
}

// What an extraction gives for the kind; anything else is a defect of a family and left out.
bool fits(TaskKind kind, const Chain& chain) {
  const bool pair = kind == TaskKind::relations || kind == TaskKind::aspects;
  return pair ? chain.size() == 2 : !chain.empty();
}

}  // namespace

Json task_answer_to_json(const NamedTask& task, const Extracted& found, const Text& text, OffsetUnit unit,
                         bool native) {
  std::vector<Chain> chains = found.chains;
  std::erase_if(chains, [&](const Chain& chain) { return !fits(task.kind, chain); });
  Json json;
  json[std::string(task_row(task.kind).answer)] = shaped(task.kind, chains_to_json(chains, text, unit));
  if (native) json["native"] = chains_to_json(found.native, text, unit);
  return json;
}

Json bindings_of(const Json& aspects) {
  Json list = Json::array();
  for (const Json& found : aspects) {
    const bool named = !found["aspect"].is_null();
    const std::string opinion = found["opinion"]["text"].get<std::string>();
    const std::string aspect = named ? found["aspect"]["text"].get<std::string>() : std::string();
    Json binding{
        {"aspect", nullptr}, {"opinion", opinion}, {"polarity", found["polarity"]}, {"flat", aspect + "_" + opinion}};
    if (named) binding["aspect"] = aspect;
    list.push_back(std::move(binding));
  }
  return list;
}

}  // namespace uie
