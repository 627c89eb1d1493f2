#include "server/taskflow_findings.h"

#include <algorithm>
#include <cmath>

namespace uie {
namespace {

double four_decimals(double value) { return std::round(value * 1e4) / 1e4; }

Finding& place_of(const Item& item, FindingGroup& group) {
  const auto [place, is_new] = group.places.try_emplace({item.begin, item.end}, group.findings.size());
  if (is_new) {
    Finding& finding = group.findings.emplace_back();
    finding.text = item.span;
    finding.probability = item.confidence;
    finding.begin = item.begin;
    finding.end = item.end;
  }
  return group.findings[place->second];
}

Json finding_json(const Finding& finding) {
  Json json{{"text", finding.text}};
  if (finding.has_place) {
    json["start"] = finding.begin;
    json["end"] = finding.end;
  }
  json["probability"] = four_decimals(finding.probability);
  if (!finding.relations.groups.empty()) json["relations"] = to_json(finding.relations);
  return json;
}

}  // namespace

FindingGroup* Findings::find(std::string_view label) {
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const FindingGroup& group) { return group.label == label; });
  return found != groups.end() ? &*found : nullptr;
}

FindingGroup& Findings::at(const std::string& label) {
  if (FindingGroup* found = find(label)) return *found;
  FindingGroup& made = groups.emplace_back();
  made.label = label;
  return made;
}

void Findings::add(const Chain& chain, const std::vector<std::string>& labels) {
  // SiameseUIE's own answers hold such spans; PaddleNLP's clients know none that is empty or begins behind its end.
  const auto has_place = [](const Item& item) { return item.begin < item.end; };
  if (!std::all_of(chain.begin(), chain.end(), has_place)) return;
  Findings* here = this;
  for (size_t i = 0; i < chain.size(); ++i) here = &place_of(chain[i], here->at(labels[i])).relations;
}

Json to_json(const Findings& findings) {
  Json json = Json::object();
  for (const FindingGroup& group : findings.groups) {
    Json& list = json[group.label] = Json::array();
    for (const Finding& finding : group.findings) list.push_back(finding_json(finding));
  }
  return json;
}

}  // namespace uie
