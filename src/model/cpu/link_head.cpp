#include "model/cpu/link_head.h"

#include <algorithm>
#include <cmath>

#include "model/link_decode.h"

namespace uie::model::cpu {
namespace {

constexpr size_t kGroupCells = size_t{1} << 20;  // 4 MB of Z at once, or one text
constexpr size_t kTileRows = 48;

// Row order of a projection: 0, 2, 4, …, 1, 3, 5, …
void append_split(const LinearWeights& linear, size_t hidden, std::vector<float>& weight, std::vector<float>& bias) {
  for (size_t parity = 0; parity < 2; ++parity) {
    for (size_t row = parity; row < hidden; row += 2) {
      weight.insert(weight.end(), linear.weight.begin() + static_cast<ptrdiff_t>(row * hidden),
                    linear.weight.begin() + static_cast<ptrdiff_t>((row + 1) * hidden));
      bias.push_back(linear.bias.empty() ? 0.0F : linear.bias[row]);
    }
  }
}

PackedMatrix pack_projections(const Kernels& kernels, const DebertaWeights& weights, size_t hidden) {
  std::vector<float> weight, bias;
  weight.reserve(2 * hidden * hidden);
  append_split(weights.link_query, hidden, weight, bias);
  append_split(weights.link_key, hidden, weight, bias);
  return PackedMatrix(kernels, Dtype::fp32, weight, 2 * hidden, hidden, bias);
}

bool any_link(const float* cells, size_t count) {
  float top = cells[0];
  for (size_t i = 1; i < count; ++i) top = cells[i] > top ? cells[i] : top;
  return top > kLinkThreshold;
}

void collect_links(const float* cells, size_t pitch, size_t length, std::vector<Link>& links) {
  constexpr size_t kRun = 64;
  for (size_t row = 0; row < length; ++row) {
    for (size_t begin = 0; begin < length; begin += kRun) {
      const size_t end = std::min(begin + kRun, length);
      if (!any_link(cells + row * pitch + begin, end - begin)) continue;
      for (size_t col = begin; col < end; ++col) {
        const float logit = cells[row * pitch + col];
        if (!(logit > kLinkThreshold)) continue;
        links.push_back({static_cast<uint32_t>(row), static_cast<uint32_t>(col), logit, cells[col * pitch + row]});
      }
    }
  }
}

LinkHits read_off(const float* cells, size_t pitch, size_t length, const std::vector<Cell>& probes) {
  LinkHits hits;
  collect_links(cells, pitch, length, hits.links);
  hits.probes.reserve(probes.size());
  for (const Cell& cell : probes) hits.probes.push_back(cells[cell.row * pitch + cell.col]);
  return hits;
}

}  // namespace

LinkHead::LinkHead(const Kernels& kernels, const DebertaWeights& weights, size_t hidden)
    : half_(hidden / 2),
      projections_(pack_projections(kernels, weights, hidden)),
      freqs_(weights.rotary_freqs),
      ld_(padded(2 * hidden)) {}

void LinkHead::extend_angles(int32_t position) {
  const size_t wanted = (static_cast<size_t>(position) + 1) * half_;
  for (size_t i = cosines_.size(); i < wanted; ++i) {
    const float angle = static_cast<float>(i / half_) * freqs_[i % half_];
    cosines_.push_back(static_cast<float>(std::cos(static_cast<double>(angle))));
    sines_.push_back(static_cast<float>(std::sin(static_cast<double>(angle))));
  }
}

void LinkHead::rotate(float* row, int32_t position) const {
  const float* cosine = cosines_.data() + static_cast<size_t>(position) * half_;
  const float* sine = sines_.data() + static_cast<size_t>(position) * half_;
  for (size_t i = 0; i < half_; ++i) {
    const float x = row[i], y = row[half_ + i];
    row[i] = x * cosine[i] - y * sine[i];
    row[half_ + i] = y * cosine[i] + x * sine[i];
  }
}

void LinkHead::project(const Machine& machine, const PackedBatch& batch, const Rows& hidden_rows) {
  rows_.reserve(batch.tokens() * ld_);
  extend_angles(*std::max_element(batch.positions.begin(), batch.positions.end()));
  LinearTask task;
  task.matrix = &projections_;
  task.input = {hidden_rows.floats, nullptr, hidden_rows.ld};
  task.rows = batch.tokens();
  task.output = {rows_.data(), nullptr, ld_};
  multiply(machine, task);
  machine.pool.parallel_for(ceil_div(batch.tokens(), kTileRows), [&](size_t item, size_t) {
    const size_t end = std::min((item + 1) * kTileRows, batch.tokens());
    for (size_t token = item * kTileRows; token < end; ++token) {
      rotate(rows_.data() + token * ld_, batch.positions[token]);
      rotate(rows_.data() + token * ld_ + 2 * half_, batch.positions[token]);
    }
  });
}

LinkHead::Group LinkHead::next_group(const PackedBatch& batch, size_t begin, size_t panel) {
  places_.clear();
  size_t keys = 0, cells = 0, end = begin;
  for (; end < batch.texts.size(); ++end) {
    const size_t length = batch.texts[end].length, pitch = padded(length);
    if (end > begin && cells + length * pitch > kGroupCells) break;
    places_.push_back({keys, cells, pitch});
    keys += round_up(length, panel) * 2 * half_;
    cells += length * pitch;
  }
  keys_.reserve(keys);
  cells_.reserve(cells);
  return {begin, end};
}

void LinkHead::multiply_group(const Machine& machine, const PackedBatch& batch, const Group& group) {
  const size_t hidden = 2 * half_;
  machine.pool.parallel_for(group.end - group.begin, [&](size_t item, size_t) {
    const PackedText& text = batch.texts[group.begin + item];
    machine.kernels.pack_transposed(rows_.data() + text.begin * ld_ + hidden, ld_, text.length, hidden,
                                    keys_.data() + places_[item].keys);
  });
  tiles_.clear();
  for (size_t text = group.begin; text < group.end; ++text) {
    for (size_t row = 0; row < batch.texts[text].length; row += kTileRows) tiles_.push_back({text, row});
  }
  machine.pool.parallel_for(tiles_.size(), [&](size_t item, size_t) {
    const PackedText& text = batch.texts[tiles_[item].text];
    const Place& place = places_[tiles_[item].text - group.begin];
    GemmTask gemm;
    gemm.a = rows_.data() + text.begin * ld_;
    gemm.lda = ld_;
    gemm.weights = keys_.data() + place.keys;
    gemm.k = hidden;
    gemm.c = cells_.data() + place.cells;
    gemm.ldc = place.pitch;
    gemm.row_begin = tiles_[item].row;
    gemm.row_end = std::min(gemm.row_begin + kTileRows, text.length);
    gemm.panel_end = ceil_div(text.length, machine.kernels.panel);
    machine.kernels.gemm(gemm);
  });
}

void LinkHead::run(const Machine& machine, const PackedBatch& batch, std::span<const LinkQuery* const> queries,
                   const Rows& hidden_rows, std::span<LinkHits> hits) {
  project(machine, batch, hidden_rows);
  for (size_t begin = 0; begin < batch.texts.size();) {
    const Group group = next_group(batch, begin, machine.kernels.panel);
    multiply_group(machine, batch, group);
    machine.pool.parallel_for(group.end - group.begin, [&](size_t item, size_t) {
      const size_t text = group.begin + item;
      const Place& place = places_[item];
      hits[text] = read_off(cells_.data() + place.cells, place.pitch, batch.texts[text].length, queries[text]->probes);
    });
    begin = group.end;
  }
}

std::vector<float> LinkHead::matrix(const Machine& machine, const PackedBatch& batch, const Rows& hidden_rows) {
  project(machine, batch, hidden_rows);
  multiply_group(machine, batch, next_group(batch, 0, machine.kernels.panel));
  const size_t length = batch.texts.front().length;
  std::vector<float> links(length * length);
  for (size_t row = 0; row < length; ++row) {
    std::copy_n(cells_.data() + row * places_.front().pitch, length, links.data() + row * length);
  }
  return links;
}

}  // namespace uie::model::cpu
