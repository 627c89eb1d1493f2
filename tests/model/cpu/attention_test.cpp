// Attention against the formula of spec/rex.md §7.4 in doubles: random positions, visibility, reach and head sizes.
#include "model/cpu/attention.h"

#include <cmath>
#include <numbers>

#include "model/cpu/random_numbers.h"

namespace uie::model::cpu {
namespace {

struct Setting {
  HeadShape shape;
  size_t reach = 0;
  bool c2p = true, p2c = true;
};

class Attention : public EveryIsa {
 protected:
  // Prompt-like tokens: positions restart, some repeat; groups and slots as spec/rex.md §6; then a text.
  LinkQuery query(size_t length) {
    LinkQuery query;
    const size_t prompt = random_.pick(0, length - 1);
    int32_t position = 0, group = 0, slot = 0, highest = 0;
    for (size_t i = 0; i < length; ++i) {
      if (i < prompt && random_.pick(0, 4) == 0) {
        position = static_cast<int32_t>(random_.pick(0, 3));
        random_.pick(0, 2) == 0 ? (++group, slot = 0) : ++slot;
      }
      if (i == prompt) position = highest + 1, group = 0, slot = 0;
      query.ids.push_back(1);
      query.positions.push_back(position);
      query.groups.push_back(group);
      query.slots.push_back(group == 0 ? 0 : slot);
      highest = std::max(highest, position++);
    }
    return query;
  }

  RelativeTable table(const Setting& setting) {
    RelativeTable table;
    table.reach = setting.reach, table.dim = setting.shape.dim;
    table.pitch = round_up(2 * setting.reach + 1 + kRowStep, 16);
    for (AlignedBuffer<float>* term : {&table.c2p, &table.p2c}) {
      if (term == &table.c2p ? !setting.c2p : !setting.p2c) continue;
      term->reserve(setting.shape.heads * table.dim * table.pitch + kRowStep);
      for (size_t row = 0; row < setting.shape.heads * table.dim; ++row) {
        for (size_t i = 0; i <= 2 * setting.reach; ++i) (*term)[row * table.pitch + i] = random_();
      }
    }
    return table;
  }

  void check(const std::vector<LinkQuery>& queries, const Setting& setting, size_t threads);

  static bool visible(const LinkQuery& query, size_t i, size_t j) {
    if (query.groups[i] == 0 || query.groups[j] == 0) return true;
    if (query.groups[i] != query.groups[j]) return false;
    return query.slots[i] == 0 || query.slots[j] == 0 || query.slots[i] == query.slots[j];
  }
};
UIE_FOR_EVERY_ISA(Attention);

void Attention::check(const std::vector<LinkQuery>& queries, const Setting& setting, size_t threads) {
  const auto& [heads, dim, width] = setting.shape;
  std::vector<const LinkQuery*> list;
  for (const LinkQuery& query : queries) list.push_back(&query);
  PackedBatch batch;
  batch.assign(list);
  const size_t ld = padded(3 * heads * width), ldo = padded(heads * width);
  AlignedBuffer<float> qkv(batch.tokens() * ld), out(batch.tokens() * ldo);
  for (size_t row = 0; row < batch.tokens(); ++row) {
    for (size_t column = 0; column < 3 * heads * width; ++column) {
      if (column % width < dim) qkv[row * ld + column] = random_();
    }
  }
  const RelativeTable relative = table(setting);
  ThreadPool pool(threads);
  Scratch scratch(threads);
  attend({kernels(), pool}, batch, attention_items(batch, setting.shape, threads), setting.shape, relative,
         {qkv.data(), nullptr, ld}, {out.data(), nullptr, ldo}, scratch);

  const int64_t reach = static_cast<int64_t>(setting.reach);
  for (size_t text = 0; text < queries.size(); ++text) {
    const LinkQuery& query = queries[text];
    const size_t begin = batch.texts[text].begin, length = query.ids.size();
    const auto at = [&](size_t part, size_t head, size_t token, size_t i) {
      return static_cast<double>(qkv[(begin + token) * ld + (part * heads + head) * width + i]);
    };
    for (size_t head = 0; head < heads; ++head) {
      for (size_t i = 0; i < length; ++i) {
        std::vector<double> weights(length, 0), context(dim, 0);
        double total = 0;
        for (size_t j = 0; j < length; ++j) {
          if (!visible(query, i, j)) continue;
          const int64_t delta = query.positions[i] - query.positions[j];
          const size_t to_key = static_cast<size_t>(std::clamp(-delta, -reach, reach) + reach);
          const size_t to_query = static_cast<size_t>(std::clamp(delta, -reach, reach) + reach);
          double score = 0;
          for (size_t n = 0; n < dim; ++n) {
            score += at(0, head, i, n) * at(1, head, j, n);
            const size_t row = (head * dim + n) * relative.pitch;
            if (setting.c2p) score += at(0, head, i, n) * static_cast<double>(relative.c2p[row + to_key]);
            if (setting.p2c) score += at(1, head, j, n) * static_cast<double>(relative.p2c[row + to_query]);
          }
          weights[j] = std::exp2(score);
          total += weights[j];
        }
        for (size_t j = 0; j < length; ++j) {
          for (size_t n = 0; n < dim; ++n) context[n] += weights[j] / total * at(2, head, j, n);
        }
        for (size_t n = 0; n < width; ++n) {
          ASSERT_NEAR(out[(begin + i) * ldo + head * width + n], n < dim ? context[n] : 0.0, 2e-5)
              << "text of " << length << ", head " << head << ", row " << i << ", column " << n;
        }
      }
    }
  }
}

TEST_P(Attention, EqualsTheFormulaAtEveryLength) {
  for (const size_t length : {1, 2, 5, 12, 31, 63, 64, 65, 130}) {
    check({query(length)}, {{2, 8, 16}, 64, true, true}, 2);
  }
}

TEST_P(Attention, EqualsTheFormulaForEveryHeadSize) {
  for (const size_t dim : {1, 3, 4, 8, 15, 16, 20, 32, 64, 72}) {
    check({query(33)}, {{3, dim, round_up(dim, 16)}, 40, true, true}, 1);
  }
}

TEST_P(Attention, DistancesPastTheReachShareTheLastColumns) {
  for (const size_t reach : {1, 2, 7, 16, 40}) check({query(90)}, {{1, 16, 16}, reach, true, true}, 2);
}

TEST_P(Attention, EachTermMayBeOff) {
  for (const bool c2p : {false, true}) {
    for (const bool p2c : {false, true}) check({query(50), query(7)}, {{2, 16, 16}, 20, c2p, p2c}, 2);
  }
}

TEST_P(Attention, PackedTextsAndTilesOfRows) {
  std::vector<LinkQuery> queries;
  for (const size_t length : {3, 200, 1, 64, 17}) queries.push_back(query(length));
  for (const size_t threads : {1, 2, 8}) check(queries, {{2, 16, 16}, 100, true, true}, threads);
}

// Softmax subtracts the largest score: scores of ±10,000 must neither overflow nor lose the winner.
TEST_P(Attention, LargeScoresStayFinite) {
  LinkQuery two = query(2);
  PackedBatch batch;
  const LinkQuery* list[] = {&two};
  batch.assign(list);
  AlignedBuffer<float> qkv(2 * padded(48)), out(2 * kRowStep);
  qkv[0] = qkv[padded(48)] = 100;              // both queries
  qkv[16] = 100, qkv[padded(48) + 16] = -100;  // keys: the first wins by 20,000
  qkv[32] = 3, qkv[padded(48) + 32] = 5;       // values
  ThreadPool pool(1);
  Scratch scratch(1);
  const HeadShape shape{1, 16, 16};
  two.groups = {0, 0};
  batch.assign(list);
  attend({kernels(), pool}, batch, attention_items(batch, shape, 1), shape, {}, {qkv.data(), nullptr, padded(48)},
         {out.data(), nullptr, kRowStep}, scratch);
  EXPECT_EQ(out[0], 3);
  EXPECT_EQ(out[kRowStep], 3);
}

}  // namespace
}  // namespace uie::model::cpu
