#include "model/gpu/upload.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace uie::model::gpu {

using namespace uie::gpu;

namespace {

int round_up(int x, int step) { return (x + step - 1) / step * step; }

}  // namespace

int rounded_rows(int tokens) {
  int step = 16;
  while (step * 8 < tokens) step *= 2;
  return round_up(std::max(tokens, 1), step);
}

int rounded_tiles(int tiles) {
  int step = 4;
  while (step * 4 < tiles) step *= 2;
  return round_up(std::max(tiles, 1), step);
}

UploadLayout::UploadLayout(int rows, int tile_slots, int probe_count) {
  const auto place = [&](size_t& offset, size_t size, int count) {
    offset = bytes;
    bytes += (size * static_cast<size_t>(count) + 15) / 16 * 16;
  };
  place(state, sizeof(RunState), 1);
  place(tiles, sizeof(Tile), tile_slots);
  place(order, sizeof(int32_t), tile_slots);
  for (size_t* array : {&ids, &positions, &segments}) place(*array, sizeof(int32_t), rows);
  place(marks, sizeof(uint32_t), rows);
  place(bounds, sizeof(Bounds), rows);
  place(probes, sizeof(Probe), probe_count);
}

void UploadSize::add(const LinkQuery& query) {
  const int length = static_cast<int>(query.ids.size());
  tokens += length;
  tiles += (length + kTile - 1) / kTile;
  probes += static_cast<int>(query.probes.size());
}

Upload::Upload(std::span<const LinkQuery* const> batch, char* block) : block_(block) {
  for (const LinkQuery* query : batch) size_.add(*query);
  rows_ = rounded_rows(size_.tokens);
  tiles_ = rounded_tiles(size_.tiles);
  layout_ = UploadLayout(rows_, tiles_, size_.probes);
  std::memset(block_, 0, layout_.probes);
  RunState& state = *at<RunState>(layout_.state);
  state.tokens = size_.tokens;
  state.tiles = size_.tiles;
  state.probes = size_.probes;
  int begin = 0, tile = 0, probe = 0;
  for (const LinkQuery* query : batch) {
    const int end = begin + static_cast<int>(query->ids.size());
    texts_.push_back({begin, end});
    write_text(*query, texts_.back(), tile, probe);
    begin = end;
  }
  write_order();
}

void Upload::write_text(const LinkQuery& query, Bounds text, int& tile, int& probe) {
  const auto copy = [&](size_t array, const std::vector<int32_t>& from) {
    std::copy(from.begin(), from.end(), at<int32_t>(array) + text.begin);
  };
  copy(layout_.ids, query.ids);
  copy(layout_.positions, query.positions);
  copy(layout_.segments, query.segments);
  for (int i = text.begin; i < text.end; ++i) {
    const size_t token = static_cast<size_t>(i - text.begin);
    at<uint32_t>(layout_.marks)[i] = mark_of(query.groups[token], query.slots[token]);
    at<Bounds>(layout_.bounds)[i] = text;
  }
  for (const Cell& cell : query.probes) {
    at<Probe>(layout_.probes)[probe++] = {text.begin + static_cast<int>(cell.row),
                                          text.begin + static_cast<int>(cell.col)};
  }
  tile = write_tiles(query, text, tile);
}

int Upload::write_tiles(const LinkQuery& query, Bounds text, int first) {
  const int count = (text.end - text.begin + kTile - 1) / kTile;
  for (int i = 0; i < count; ++i) {
    Tile tile;
    const int from = i * kTile;
    tile.begin = text.begin + from;
    tile.count = std::min(kTile, text.end - tile.begin);
    const auto position = query.positions.begin() + from;
    const auto [least, most] = std::minmax_element(position, position + tile.count);
    tile.position_min = *least;
    tile.position_max = *most;
    const auto group = query.groups.begin() + from;
    tile.grouped = std::any_of(group, group + tile.count, [](int32_t g) { return g != 0; });
    tile.first_tile = first;
    tile.tile_count = count;
    at<Tile>(layout_.tiles)[first + i] = tile;
  }
  return first + count;
}

// Blocks that have the most to do begin first, so that they end together.
void Upload::write_order() {
  int32_t* order = at<int32_t>(layout_.order);
  const Tile* tiles = at<Tile>(layout_.tiles);
  std::iota(order, order + size_.tiles, 0);
  std::stable_sort(order, order + size_.tiles,
                   [&](int32_t a, int32_t b) { return tiles[a].tile_count > tiles[b].tile_count; });
}

}  // namespace uie::model::gpu
