// The kernels against plain loops in double precision: emulated (kernels_test), and on a card (kernels_gpu_test, where
// the build has CUDA).
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "model/gpu_numbers.h"
#include "model/kernels/runtime.h"

namespace uie::gpu {
namespace {

// A packed batch of texts with given positions, groups and slots.
struct Scene {
  std::vector<int32_t> positions;
  std::vector<uint32_t> marks;
  std::vector<Tile> tiles;
  std::vector<int32_t> order;
  std::vector<Bounds> texts;
  RunState state;

  void add(const std::vector<int32_t>& at, const std::vector<uint32_t>& marked) {
    const int begin = static_cast<int>(positions.size()), length = static_cast<int>(at.size());
    positions.insert(positions.end(), at.begin(), at.end());
    marks.insert(marks.end(), marked.begin(), marked.end());
    const int first = static_cast<int>(tiles.size()), count = (length + kTile - 1) / kTile;
    for (int i = 0; i < count; ++i) {
      Tile tile;
      tile.begin = begin + i * kTile;
      tile.count = std::min(kTile, length - i * kTile);
      const auto from = positions.begin() + tile.begin;
      tile.position_min = *std::min_element(from, from + tile.count);
      tile.position_max = *std::max_element(from, from + tile.count);
      tile.first_tile = first;
      tile.tile_count = count;
      tile.grouped = std::any_of(marks.begin() + tile.begin, marks.begin() + tile.begin + tile.count,
                                 [](uint32_t mark) { return mark >> 16 != 0; });
      order.push_back(static_cast<int>(tiles.size()));
      tiles.push_back(tile);
    }
    texts.push_back({begin, begin + length});
    state.tokens = static_cast<int>(positions.size());
    state.tiles = static_cast<int>(tiles.size());
  }

  void add_plain(int length) {
    std::vector<int32_t> at(static_cast<size_t>(length));
    std::iota(at.begin(), at.end(), 0);
    add(at, std::vector<uint32_t>(at.size(), 0));
  }

  // [CLS], prefixes with types whose positions restart, [SEP] text (spec/rex.md §6).
  void add_prompted(int prefixes, int types, int words, int length) {
    std::vector<int32_t> at{0};
    std::vector<uint32_t> marked{0};
    int furthest = 0;
    for (int p = 1; p <= prefixes; ++p) {
      for (int i = 0; i < words; ++i) {
        at.push_back(1 + i);
        marked.push_back(mark_of(p, 0));
      }
      for (int k = 1; k <= types; ++k) {
        for (int i = 0; i < words + k % 3; ++i) {
          at.push_back(1 + words + i);
          furthest = std::max(furthest, at.back());
          marked.push_back(mark_of(p, k));
        }
      }
    }
    for (int i = 0; i < length; ++i) {
      at.push_back(furthest + 1 + i);
      marked.push_back(0);
    }
    add(at, marked);
  }
};

template <class E>
std::vector<uint16_t> random_numbers(E type, size_t count, double spread, std::mt19937& random) {
  std::normal_distribution<float> normal(0, static_cast<float>(spread));
  std::vector<uint16_t> numbers(count);
  for (uint16_t& x : numbers) x = narrow(type, normal(random));
  return numbers;
}

// On the device, and back.
template <class T>
Memory put(Queue& queue, const std::vector<T>& from) {
  Memory memory(Memory::Place::device, from.size() * sizeof(T));
  queue.copy_to_device(memory.as<void>(), from.data(), memory.bytes());
  queue.wait();
  return memory;
}

// [tokens, heads * 64]
std::vector<uint16_t> run_attention(Number number, const Scene& scene, int heads, int reach,
                                    const std::vector<uint16_t>& qkv, const std::vector<uint16_t>* keys,
                                    const std::vector<uint16_t>* queries) {
  use_device(0);
  Queue queue;
  const int width = heads * kHeadWidth;
  std::vector<uint16_t> out(scene.positions.size() * static_cast<size_t>(width), 0xffff);
  const Memory numbers = put(queue, qkv), positions = put(queue, scene.positions), marks = put(queue, scene.marks),
               tiles = put(queue, scene.tiles), order = put(queue, scene.order),
               state = put(queue, std::vector<RunState>{scene.state}), to = put(queue, out);
  const Memory key_table = keys ? put(queue, *keys) : Memory(), query_table = queries ? put(queue, *queries) : Memory();
  AttentionTask task;
  task.qkv = numbers.as<uint16_t>();
  task.ld = 3 * width;
  task.heads = heads;
  task.key_table = key_table.as<uint16_t>();
  task.query_table = query_table.as<uint16_t>();
  task.reach = reach;
  task.positions = positions.as<int32_t>();
  task.marks = marks.as<uint32_t>();
  task.tiles = tiles.as<Tile>();
  task.order = order.as<int32_t>();
  task.state = state.as<RunState>();
  task.out = to.as<uint16_t>();
  task.ld_out = width;
  launch_attention(number, task, scene.state.tiles + 1, queue.stream());
  queue.copy_to_host(out.data(), task.out, out.size() * sizeof(uint16_t));
  queue.wait();
  return out;
}

template <class E>
struct AttentionCase {
  Scene scene;
  int heads = 2, reach = 256;
  bool c2p = true, p2c = true;

  // Relative L2 distance of the kernel's output from the dense formula in double.
  double error(uint32_t seed) {
    std::mt19937 random(seed);
    const E type;
    const int width = heads * kHeadWidth, ld = 3 * width, rows = 2 * reach + 1;
    const size_t tokens = scene.positions.size();
    const auto qkv = random_numbers(type, tokens * static_cast<size_t>(ld), 0.6, random);
    const auto keys = random_numbers(type, static_cast<size_t>(heads * rows * kHeadWidth), 0.4, random);
    const auto queries = random_numbers(type, static_cast<size_t>(heads * rows * kHeadWidth), 0.4, random);
    const std::vector<uint16_t> out =
        run_attention(number_of(type), scene, heads, reach, qkv, c2p ? &keys : nullptr, p2c ? &queries : nullptr);
    double difference = 0, size = 0;
    for (const Bounds& text : scene.texts) {
      for (int head = 0; head < heads; ++head) {
        for (int i = text.begin; i < text.end; ++i) {
          const auto number = [&](int token, int part, int d) {
            return static_cast<double>(
                widen(type, qkv[static_cast<size_t>(token * ld + part * width + head * kHeadWidth + d)]));
          };
          std::vector<double> scores, expected(kHeadWidth);
          double top = -1e30, sum = 0;
          for (int j = text.begin; j < text.end; ++j) {
            const int distance = std::clamp(
                scene.positions[static_cast<size_t>(i)] - scene.positions[static_cast<size_t>(j)], -reach, reach);
            const size_t row = static_cast<size_t>((head * rows + distance + reach) * kHeadWidth);
            double score = 0;
            for (int d = 0; d < kHeadWidth; ++d) {
              score += number(i, 0, d) * number(j, 1, d);
              if (c2p) score += number(i, 0, d) * widen(type, keys[row + static_cast<size_t>(d)]);
              if (p2c) score += number(j, 1, d) * widen(type, queries[row + static_cast<size_t>(d)]);
            }
            const uint32_t a = scene.marks[static_cast<size_t>(i)], b = scene.marks[static_cast<size_t>(j)];
            const uint32_t ga = a >> 16, gb = b >> 16, sa = a & 0xffff, sb = b & 0xffff;
            const bool seen = ga == 0 || gb == 0 || (ga == gb && (sa == 0 || sb == 0 || sa == sb));
            scores.push_back(seen ? score : -1e30);
            top = std::max(top, scores.back());
          }
          for (size_t j = 0; j < scores.size(); ++j) {
            const double weight = scores[j] <= -1e30 ? 0 : std::exp2(scores[j] - top);
            sum += weight;
            for (int d = 0; d < kHeadWidth; ++d)
              expected[static_cast<size_t>(d)] += weight * number(text.begin + static_cast<int>(j), 2, d);
          }
          for (int d = 0; d < kHeadWidth; ++d) {
            const double want = expected[static_cast<size_t>(d)] / sum;
            const double got = widen(type, out[static_cast<size_t>(i * width + head * kHeadWidth + d)]);
            difference += (got - want) * (got - want);
            size += want * want;
          }
        }
      }
    }
    return std::sqrt(difference / size);
  }
};

TEST(Attention, AgreesWithTheDenseFormula) {
  AttentionCase<Fp16> test;
  test.heads = 1;
  for (const int length : {1, 15, 16, 17, 64, 65, 130}) test.scene.add_plain(length);
  test.scene.add_prompted(2, 3, 4, 50);
  EXPECT_LE(test.error(1), 1e-2);
}

TEST(Attention, InBfloat16) {
  AttentionCase<Bf16> test;
  test.heads = 1;
  test.scene.add_plain(70);
  test.scene.add_prompted(1, 5, 3, 20);
  EXPECT_LE(test.error(2), 2e-2);
}

TEST(Attention, DistancesThatClip) {
  AttentionCase<Fp16> test;
  test.heads = 1;
  test.reach = 40;
  test.scene.add_plain(150);
  EXPECT_LE(test.error(3), 1e-2);
}

TEST(Attention, PositionsThatNeedSeveralWindows) {
  AttentionCase<Fp16> test;
  test.heads = 2;
  std::vector<int32_t> at;
  for (int i = 0; i < 90; ++i) at.push_back(i % 7 == 0 ? 300 + i : i);
  test.scene.add(at, std::vector<uint32_t>(at.size(), 0));
  EXPECT_LE(test.error(4), 1e-2);
}

TEST(Attention, EitherTermAlone) {
  for (int terms = 0; terms < 3; ++terms) {
    AttentionCase<Fp16> test;
    test.heads = 1;
    test.c2p = terms == 1;
    test.p2c = terms == 2;
    test.scene.add_prompted(2, 2, 3, 40);
    EXPECT_LE(test.error(5), 1e-2) << terms;
  }
}

}  // namespace
}  // namespace uie::gpu
