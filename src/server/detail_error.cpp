#include "server/detail_error.h"

#include <algorithm>
#include <cstdlib>

namespace uie {
namespace {

constexpr size_t kLongestIndex = 9;  // digits; longer ones are labels

bool is_index(std::string_view token) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !token.empty() && token.size() <= kLongestIndex && std::all_of(token.begin(), token.end(), is_digit);
}

// Undoes RFC 6901's escapes.
std::string unescaped(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    out += !escape ? token[i] : token[++i] == '1' ? '/' : '~';
  }
  return out;
}

// "/data/text/0" → ["body", "data", "text", 0].
Json location(std::string_view pointer) {
  Json loc = Json::array({"body"});
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (is_index(token)) {
      loc.push_back(std::atol(std::string(token).c_str()));
    } else {
      loc.push_back(unescaped(token));
    }
  }
  return loc;
}

}  // namespace

Json to_detail_json(const Problem& problem) {
  if (problem.errors.empty()) return {{"detail", problem.detail}};
  Json list = Json::array();
  for (const auto& place : problem.errors)
    list.push_back({{"loc", location(place.pointer)}, {"msg", place.message}, {"type", "value_error"}});
  return {{"detail", std::move(list)}};
}

void answer_detail(Call& call, const Problem& problem) {
  call.response.headers.clear();
  answer_json(call, to_detail_json(problem), problem.status);
  if (problem.retry_after_s > 0) call.response.set_header("Retry-After", std::to_string(problem.retry_after_s));
}

}  // namespace uie
