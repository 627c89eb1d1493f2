// A batch on its way to the device: token arrays, tiles and probes of all queries in one pinned block, copied at once.
//
// Rows are rounded up to few sizes, so that products are planned and graphs recorded a few times only; the rows past
// the tokens are blank: id 0, position 0, in no tile and in no text.
#pragma once

#include <span>
#include <vector>

#include "model/kernels/batch.h"
#include "model/kernels/runtime.h"
#include "uie/model/query.h"

namespace uie::model::gpu {

// Sizes grow by an eighth to a quarter: 16, 32, … 128, 160, 192, 224, 256, 320, …
int rounded_rows(int tokens);
int rounded_tiles(int tiles);

// Byte offsets in the block; arrays begin at multiples of 16.
struct UploadLayout {
  size_t state = 0, tiles = 0, order = 0, ids = 0, positions = 0, segments = 0, marks = 0, bounds = 0, probes = 0;
  size_t bytes = 0;  // all, with the probes

  UploadLayout() = default;
  UploadLayout(int rows, int tiles, int probes);
};

struct UploadSize {
  int tokens = 0, tiles = 0, probes = 0;

  void add(const LinkQuery& query);
};

class Upload {
 public:
  // Writes the batch into `block`, which has room for it.
  Upload(std::span<const LinkQuery* const> batch, char* block);

  const UploadLayout& layout() const { return layout_; }
  const UploadSize& size() const { return size_; }
  int rows() const { return rows_; }         // rounded
  int tile_slots() const { return tiles_; }  // rounded
  const std::vector<uie::gpu::Bounds>& texts() const { return texts_; }

 private:
  void write_text(const LinkQuery& query, uie::gpu::Bounds text, int& tile, int& probe);
  int write_tiles(const LinkQuery& query, uie::gpu::Bounds text, int first);
  void write_order();

  template <class T>
  T* at(size_t offset) const {
    return reinterpret_cast<T*>(block_ + offset);
  }

  char* const block_;
  UploadSize size_;
  int rows_ = 0, tiles_ = 0;
  UploadLayout layout_;
  std::vector<uie::gpu::Bounds> texts_;
};

}  // namespace uie::model::gpu
