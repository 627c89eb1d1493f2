// Runs extractions to their end on an encoder, one thread, in an order of the caller's choice.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "uie/extract/extraction.h"
#include "uie/extract/family.h"
#include "uie/model/encoder.h"
#include "uie/schema/json.h"

namespace uie::test {

inline Task make_task(const std::string& text, const std::string& schema, const std::string& options = "{}") {
  Task task;
  task.text = Text::from_utf8(text).value();
  task.schema = parse_schema(schema, SchemaLimits{}).value();
  task.options = parse_options(parse_json(options, SchemaLimits{}).value()).value();
  return task;
}

struct Pending {
  size_t extraction, number;
  Query query;
};

// Every extraction to its end. Queries of all of them wait in one pool; `random` picks batches of up to `max_batch`
// from anywhere in it (null: oldest first), and results are fed in the order picked.
inline std::vector<Extracted> drive(std::vector<std::unique_ptr<Extraction>>& extractions, Encoder& encoder,
                                    std::mt19937_64* random = nullptr, size_t max_batch = 8) {
  std::vector<Pending> pool;
  std::vector<size_t> issued(extractions.size(), 0);
  const auto collect = [&](size_t i) {
    for (Query& query : extractions[i]->next()) pool.push_back({i, issued[i]++, std::move(query)});
  };
  for (size_t i = 0; i < extractions.size(); ++i) collect(i);
  while (!pool.empty()) {
    if (random != nullptr) std::shuffle(pool.begin(), pool.end(), *random);
    const size_t size = std::min(max_batch, pool.size());
    std::vector<Pending> batch(std::make_move_iterator(pool.begin()),
                               std::make_move_iterator(pool.begin() + static_cast<std::ptrdiff_t>(size)));
    pool.erase(pool.begin(), pool.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<const Query*> queries;
    for (const Pending& pending : batch) queries.push_back(&pending.query);
    auto results = encoder.run(queries);
    if (!results) throw std::runtime_error(results.error().message);
    for (size_t i = 0; i < batch.size(); ++i) {
      auto fed = extractions[batch[i].extraction]->feed(batch[i].number, std::move((*results)[i]));
      if (!fed) throw std::runtime_error(fed.error().message);
    }
    for (const Pending& pending : batch) collect(pending.extraction);
  }
  std::vector<Extracted> answers;
  for (auto& extraction : extractions) {
    if (!extraction->done()) throw std::runtime_error("an extraction stopped before it was done");
    answers.push_back(extraction->result());
  }
  return answers;
}

inline Extracted drive_one(const Family& family, Task task, Encoder& encoder, std::mt19937_64* random = nullptr) {
  std::vector<std::unique_ptr<Extraction>> one;
  one.push_back(family.begin(std::move(task)));
  return drive(one, encoder, random).front();
}

}  // namespace uie::test
