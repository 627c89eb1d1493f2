// The smaller parts of the encoder, each against its definition in doubles.
#include <cmath>

#include "model/cpu/convolution.h"
#include "model/cpu/embedding.h"
#include "model/cpu/link_head.h"
#include "model/cpu/random_numbers.h"
#include "model/cpu/relative_table.h"

namespace uie::model::cpu {
namespace {

using Parts = EveryIsa;
UIE_FOR_EVERY_ISA(Parts);

LinkQuery text_of(size_t length, int32_t first_position = 0) {
  LinkQuery query;
  for (size_t i = 0; i < length; ++i) {
    query.ids.push_back(static_cast<int32_t>(i % 7));
    query.segments.push_back(static_cast<int32_t>(i % 2));
    query.positions.push_back(first_position + static_cast<int32_t>(i));
    query.groups.push_back(0);
    query.slots.push_back(0);
  }
  return query;
}

PackedBatch pack(const std::vector<LinkQuery>& queries) {
  std::vector<const LinkQuery*> list;
  for (const LinkQuery& query : queries) list.push_back(&query);
  PackedBatch batch;
  batch.assign(list);
  return batch;
}

TEST(PackedBatch, FindsWherePositionsBecomeConsecutive) {
  LinkQuery prompt = text_of(6);
  prompt.positions = {0, 1, 2, 2, 3, 4};
  const PackedBatch batch = pack({text_of(4, 9), prompt, text_of(1)});
  EXPECT_EQ(batch.tokens(), 11U);
  EXPECT_EQ(batch.texts[0].linear_from, 0U);
  EXPECT_EQ(batch.texts[0].position_count, 13U);
  EXPECT_EQ(batch.texts[1].begin, 4U);
  EXPECT_EQ(batch.texts[1].linear_from, 3U);
  EXPECT_EQ(batch.texts[1].position_count, 5U);
  EXPECT_EQ(batch.texts[2].linear_from, 0U);
}

TEST_P(Parts, EmbeddingAddsItsTables) {
  ThreadPool pool(2);
  const size_t width = 20;
  EmbeddingTables tables{width, random_.vector(7 * width), random_.vector(40 * width), random_.vector(2 * width)};
  const PackedBatch batch = pack({text_of(30), text_of(5, 3)});
  AlignedBuffer<float> rows(batch.tokens() * kRowStep);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = 99;
  look_up({kernels(), pool}, tables, batch, {rows.data(), nullptr, kRowStep});
  for (size_t token = 0; token < batch.tokens(); ++token) {
    for (size_t i = 0; i < kRowStep; ++i) {
      const auto of = [&](const std::vector<float>& table, int32_t row) {
        return table[static_cast<size_t>(row) * width + i];
      };
      const float wanted = i < width
                               ? of(tables.words, batch.ids[token]) + of(tables.positions, batch.positions[token]) +
                                     of(tables.segments, batch.segments[token])
                               : 0;
      ASSERT_FLOAT_EQ(rows[token * kRowStep + i], wanted);
    }
  }
}

TEST_P(Parts, ConvolutionSeesItsOwnTextAlone) {
  ThreadPool pool(2);
  for (const size_t groups : {1, 2, 4}) {
    for (const size_t taps : {1, 3, 5, 9}) {
      DebertaConfig config;
      config.hidden = 12, config.conv_kernel = static_cast<int64_t>(taps),
      config.conv_groups = static_cast<int64_t>(groups);
      const size_t hidden = 12, members = hidden / groups, half = (taps - 1) / 2;
      const LinearWeights weights{random_.vector(hidden * members * taps), random_.vector(hidden)};
      const PackedBatch batch = pack({text_of(3), text_of(1), text_of(40), text_of(2)});
      AlignedBuffer<float> x(batch.tokens() * kRowStep), wide(batch.tokens() * padded(taps * hidden)),
          y(batch.tokens() * kRowStep);
      for (size_t i = 0; i < x.size(); ++i) x[i] = i % kRowStep < hidden ? random_() : 0;
      const PackedMatrix matrix = pack_convolution(kernels(), Dtype::fp32, config, weights);
      const Machine machine{kernels(), pool};
      gather_neighbours(machine, batch, hidden, taps, {x.data(), nullptr, kRowStep},
                        {wide.data(), nullptr, padded(taps * hidden)});
      LinearTask task;
      task.matrix = &matrix, task.input = {wide.data(), nullptr, padded(taps * hidden)}, task.rows = batch.tokens();
      task.output = {y.data(), nullptr, kRowStep};
      multiply(machine, task);
      for (const PackedText& text : batch.texts) {
        for (size_t token = 0; token < text.length; ++token) {
          for (size_t out = 0; out < hidden; ++out) {
            double wanted = static_cast<double>(weights.bias[out]);
            for (size_t tap = 0; tap < taps; ++tap) {
              const size_t neighbour = token + tap - half;
              if (neighbour >= text.length) continue;
              for (size_t member = 0; member < members; ++member) {
                wanted +=
                    static_cast<double>(weights.weight[(out * members + member) * taps + tap]) *
                    static_cast<double>(x[(text.begin + neighbour) * kRowStep + out / members * members + member]);
              }
            }
            ASSERT_NEAR(y[(text.begin + token) * kRowStep + out], wanted, 1e-5)
                << groups << " groups, " << taps << " taps";
          }
        }
      }
    }
  }
}

// [2S, H] · Wᵀ + b of row(δ), where the column says.
TEST_P(Parts, RelativeTableIsFoldedByDistance) {
  ThreadPool pool(2);
  for (const int64_t farthest : {-1, 40}) {  // plain and log buckets
    for (const bool shared : {true, false}) {
      DebertaConfig config;
      config.hidden = 12, config.heads = 3, config.relative_attention = config.c2p = config.p2c = true;
      config.share_att_key = shared, config.norm_relative_table = true, config.position_buckets = 8;
      config.max_relative_positions = farthest;
      DebertaWeights weights;
      weights.relative_table = random_.vector(16 * 12);
      weights.relative_norm = {random_.vector(12), random_.vector(12)};
      DebertaLayerWeights layer;
      for (LinearWeights* linear : {&layer.query, &layer.key, &layer.pos_query, &layer.pos_key}) {
        *linear = {random_.vector(144), random_.vector(12)};
      }
      const Machine machine{kernels(), pool};
      const RelativeRows rows(config);
      const auto embeddings = relative_embeddings(machine, config, weights);
      const RelativeTable table = fold_relative_table(machine, config, rows, embeddings, layer, 0.5F);
      const auto projected = [&](const LinearWeights& linear, int64_t delta, size_t out) {
        const float* row = weights.relative_table.data() + rows.row(delta) * 12;
        double mean = 0, variance = 0, sum = static_cast<double>(linear.bias[out]);
        for (size_t i = 0; i < 12; ++i) mean += static_cast<double>(row[i]) / 12;
        for (size_t i = 0; i < 12; ++i)
          variance += (static_cast<double>(row[i]) - mean) * (static_cast<double>(row[i]) - mean) / 12;
        for (size_t i = 0; i < 12; ++i) {
          const double normed = (static_cast<double>(row[i]) - mean) / std::sqrt(variance + 1e-7) *
                                    static_cast<double>(weights.relative_norm.weight[i]) +
                                static_cast<double>(weights.relative_norm.bias[i]);
          sum += normed * static_cast<double>(linear.weight[out * 12 + i]);
        }
        return sum;
      };
      ASSERT_EQ(table.reach, static_cast<size_t>(rows.reach()));
      for (int64_t delta = -rows.reach(); delta <= rows.reach(); ++delta) {
        for (size_t head = 0; head < 3; ++head) {
          for (size_t i = 0; i < 4; ++i) {
            const float key = table.c2p_of(head)[i * table.pitch + static_cast<size_t>(rows.reach() - delta)];
            const float query = table.p2c_of(head)[i * table.pitch + static_cast<size_t>(rows.reach() + delta)];
            ASSERT_NEAR(key, projected(shared ? layer.key : layer.pos_key, delta, head * 4 + i), 2e-5) << delta;
            ASSERT_NEAR(query, 0.5 * projected(shared ? layer.query : layer.pos_query, delta, head * 4 + i), 2e-5)
                << delta;
          }
        }
      }
    }
  }
}

class LinkHeads : public EveryIsa {
 protected:
  void SetUp() override {
    weights_.link_query = {random_.vector(kHidden * kHidden), random_.vector(kHidden)};
    weights_.link_key = {random_.vector(kHidden * kHidden), random_.vector(kHidden)};
    weights_.rotary_freqs = random_.vector(kHidden / 2, 0, 1);
  }

  // Rotated projection of one row: interleaved pairs, as the spec has it.
  std::vector<double> rotated(const LinearWeights& linear, const float* row, int32_t position) const {
    std::vector<double> y(kHidden), z(kHidden);
    for (size_t out = 0; out < kHidden; ++out) {
      y[out] = static_cast<double>(linear.bias[out]);
      for (size_t i = 0; i < kHidden; ++i)
        y[out] += static_cast<double>(linear.weight[out * kHidden + i]) * static_cast<double>(row[i]);
    }
    for (size_t m = 0; m < kHidden / 2; ++m) {
      const double angle = static_cast<double>(static_cast<float>(position) * weights_.rotary_freqs[m]);
      z[2 * m] = y[2 * m] * std::cos(angle) - y[2 * m + 1] * std::sin(angle);
      z[2 * m + 1] = y[2 * m + 1] * std::cos(angle) + y[2 * m] * std::sin(angle);
    }
    return z;
  }

  static constexpr size_t kHidden = 22;
  DebertaWeights weights_;
};
UIE_FOR_EVERY_ISA(LinkHeads);

TEST_P(LinkHeads, MatrixIsTheRotatedProduct) {
  ThreadPool pool(2);
  LinkHead head(kernels(), weights_, kHidden);
  for (const size_t length : {1, 9, 70}) {
    const PackedBatch batch = pack({text_of(length, 2)});
    AlignedBuffer<float> rows(length * kRowStep);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = i % kRowStep < kHidden ? random_() : 0;
    const std::vector<float> z = head.matrix({kernels(), pool}, batch, {rows.data(), nullptr, kRowStep});
    for (size_t i = 0; i < length; ++i) {
      const auto query = rotated(weights_.link_query, rows.data() + i * kRowStep, batch.positions[i]);
      for (size_t j = 0; j < length; ++j) {
        const auto key = rotated(weights_.link_key, rows.data() + j * kRowStep, batch.positions[j]);
        double wanted = 0;
        for (size_t n = 0; n < kHidden; ++n) wanted += query[n] * key[n];
        ASSERT_NEAR(z[i * length + j], wanted, 1e-4) << i << "," << j;
      }
    }
  }
}

// More cells than are kept at once: hits of every text must be those of its own matrix.
TEST_P(LinkHeads, HitsOfManyTextsAreThoseOfTheirMatrices) {
  ThreadPool pool(2);
  LinkHead head(kernels(), weights_, kHidden);
  std::vector<LinkQuery> queries;
  for (const size_t length : {300, 1, 900, 40, 700, 400, 65}) {
    queries.push_back(text_of(length));
    for (uint32_t i = 0; i < 5; ++i) {
      queries.back().probes.push_back(
          {static_cast<uint32_t>(random_.pick(0, length - 1)), static_cast<uint32_t>(random_.pick(0, length - 1))});
    }
  }
  const PackedBatch batch = pack(queries);
  std::vector<const LinkQuery*> list;
  for (const LinkQuery& query : queries) list.push_back(&query);
  AlignedBuffer<float> rows(batch.tokens() * kRowStep);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = i % kRowStep < kHidden ? random_() : 0;
  std::vector<LinkHits> hits(queries.size());
  const Machine machine{kernels(), pool};
  head.run(machine, batch, list, {rows.data(), nullptr, kRowStep}, hits);
  for (size_t text = 0; text < queries.size(); ++text) {
    const size_t length = queries[text].ids.size();
    const std::vector<float> z = head.matrix(machine, pack({queries[text]}),
                                             {rows.data() + batch.texts[text].begin * kRowStep, nullptr, kRowStep});
    size_t next = 0;
    for (uint32_t row = 0; row < length; ++row) {
      for (uint32_t col = 0; col < length; ++col) {
        if (!(z[row * length + col] > 0)) continue;
        ASSERT_LT(next, hits[text].links.size());
        const Link& link = hits[text].links[next++];
        ASSERT_EQ(link.row, row);
        ASSERT_EQ(link.col, col);
        ASSERT_EQ(link.logit, z[row * length + col]);
        ASSERT_EQ(link.mirrored, z[col * length + row]);
      }
    }
    ASSERT_EQ(next, hits[text].links.size());
    for (size_t i = 0; i < 5; ++i) {
      const Cell cell = queries[text].probes[i];
      ASSERT_EQ(hits[text].probes[i], z[cell.row * length + cell.col]);
    }
  }
}

}  // namespace
}  // namespace uie::model::cpu
