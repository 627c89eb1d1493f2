// What a batch looks like on the device: plain numbers, packed without padding, all texts one after the other.
#pragma once

#include <cstdint>

namespace uie::gpu {

// Tokens that one block of threads owns in attention and in the link head. Tiles of a text follow each other.
constexpr int kTile = 64;

struct Tile {
  int32_t begin = 0, count = 0;                // tokens of the batch, 1..kTile
  int32_t position_min = 0, position_max = 0;  // of these tokens
  int32_t first_tile = 0, tile_count = 0;      // of its text
  int32_t grouped = 0;                         // 1: some token has a group, so visibility has to be looked at
};

// Of the text that a token belongs to.
struct Bounds {
  int32_t begin, end;
};

// spec/rex.md §6: i sees j if either group is 0, or groups are equal and a slot is 0 or slots are equal.
inline constexpr uint32_t mark_of(int32_t group, int32_t slot) {
  return static_cast<uint32_t>(group) << 16 | static_cast<uint32_t>(slot);
}

struct Hit {
  int32_t row, col;  // tokens of the batch
  float logit, mirrored;
};

struct Probe {
  int32_t row, col;  // tokens of the batch
};

// Counters of one run, in device memory.
struct RunState {
  int32_t tokens = 0, tiles = 0, probes = 0;  // written by the host
  int32_t hits = 0;                           // may exceed the capacity of the list: then the list is not whole
  int32_t not_finite = 0;                     // 1: some logit was infinite or no number
  int32_t unused[3] = {};
};

}  // namespace uie::gpu
