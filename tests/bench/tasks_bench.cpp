// Several tasks in one request against the separate calls: one client, one connection, a running server.
//
//   tasks_bench HOST PORT [ROUNDS [LONGEST [MODEL]]]
//
// Texts are those of tests/data/real that are no classification inputs, by size. For each text the three separate calls
// and the one call alternate in who goes first. A ratio is that of the sums over a round; the median of the rounds is
// printed, with the least and the most. LONGEST leaves out texts of more characters.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "server/client.h"

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

const std::vector<std::string> kTasks = {"NER", "Sentiment", "Aspect-Opinion"};

std::vector<std::string> texts() {
  std::vector<std::string> texts;
  for (const std::string& line : uie::test::xz_lines("real/golden.jsonl.xz")) {
    std::string text = Json::parse(line)["text"];
    if (text.find("CLASSIFY]") == std::string::npos) texts.push_back(std::move(text));
  }
  return texts;
}

std::string request(const std::string& text, const char* name, const Json& tasks, const std::string& model) {
  Json body{{"text", text}, {name, tasks}};
  if (!model.empty()) body["model"] = model;
  return uie::testing_support::post("/v1/extract", body.dump());
}

double seconds(uie::testing_support::Client& client, const std::vector<std::string>& requests) {
  const auto start = Clock::now();
  for (const std::string& bytes : requests) {
    const auto answer = client.request(bytes);
    if (answer && answer->status == 200) continue;
    std::fprintf(stderr, "%s\n", answer ? answer->body.c_str() : "no answer");
    std::exit(1);
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Pair {
  size_t characters;
  std::vector<std::string> together, apart;
};

std::vector<Pair> pairs(size_t longest, const std::string& model) {
  std::vector<Pair> pairs;
  for (const std::string& text : texts()) {
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    const auto characters = static_cast<size_t>(std::count_if(text.begin(), text.end(), is_start));
    if (characters > longest) continue;
    Pair& pair = pairs.emplace_back();
    pair.characters = characters;
    pair.together = {request(text, "tasks", kTasks, model)};
    for (const std::string& task : kTasks) pair.apart.push_back(request(text, "task", task, model));
  }
  return pairs;
}

// Texts of a size: what batching gains depends on it. A long text keeps the cores busy alone.
struct Size {
  const char* name;
  size_t least, most;
  std::vector<double> ratios = {};
};

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

// One round over the texts of a size.
double ratio(uie::testing_support::Client& client, const std::vector<Pair>& all, const Size& size) {
  double together = 0, apart = 0;
  bool first = false;
  for (const Pair& pair : all) {
    if (pair.characters < size.least || pair.characters > size.most) continue;
    if ((first = !first)) together += seconds(client, pair.together);
    apart += seconds(client, pair.apart);
    if (!first) together += seconds(client, pair.together);
  }
  return together / apart;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fprintf(stderr, "usage: tasks_bench HOST PORT [ROUNDS [LONGEST [MODEL]]]\n");
    return 1;
  }
  const int rounds = count > 3 ? std::atoi(words[3]) : 5;
  uie::testing_support::Client client(std::atoi(words[2]), words[1]);
  const size_t longest = count > 4 ? std::strtoul(words[4], nullptr, 10) : SIZE_MAX;
  const auto all = pairs(longest, count > 5 ? words[5] : "");
  std::vector<Size> sizes = {
      {"up to 32", 0, 32}, {"33 to 64", 33, 64}, {"65 to 128", 65, 128}, {"more", 129, SIZE_MAX}};
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    for (Size& size : sizes) {
      const double found = ratio(client, all, size);
      if (round >= 0 && size.least <= longest) size.ratios.push_back(found);
    }
  }
  for (const Size& size : sizes) {
    if (size.ratios.empty()) continue;
    const auto in = [&](const Pair& pair) { return pair.characters >= size.least && pair.characters <= size.most; };
    const auto [least, most] = std::minmax_element(size.ratios.begin(), size.ratios.end());
    std::printf("%-10s characters, %3td texts: together / apart %.3f (%.3f to %.3f)\n", size.name,
                std::count_if(all.begin(), all.end(), in), median(size.ratios), *least, *most);
  }
}
