#include "text/piece_trie.h"

#include <algorithm>
#include <span>

namespace uie {
namespace {

// A search this long says that the holes it passed are too small; without the limit the time to load grows with the
// square of the vocabulary.
constexpr uint32_t kLongSearch = 256;

}  // namespace

// Places the children of one node after the other at the first base where all of them are free.
class PieceTrie::Builder {
 public:
  explicit Builder(std::vector<Unit>& units) : units_(units) { grow(1); }

  // `pieces`: sorted, no two equal, all alike in their first `depth` bytes.
  void place(Node node, std::span<const Piece> pieces, uint32_t depth) {
    if (pieces.front().bytes.size() == depth) {
      units_[node].id = pieces.front().id;
      pieces = pieces.subspan(1);
    }
    if (pieces.empty()) return;
    const std::vector<Branch> branches = branch(pieces, depth);
    const uint32_t base = free_base(branches);
    units_[node].base = base;
    for (const Branch& b : branches) units_[base + b.byte].parent = node;
    for (const Branch& b : branches) place(base + b.byte, b.pieces, depth + 1);
  }

 private:
  struct Branch {
    uint32_t byte;
    std::span<const Piece> pieces;
  };

  static uint32_t byte_at(const Piece& piece, uint32_t depth) { return static_cast<unsigned char>(piece.bytes[depth]); }

  static std::vector<Branch> branch(std::span<const Piece> pieces, uint32_t depth) {
    std::vector<Branch> branches;
    while (!pieces.empty()) {
      const uint32_t byte = byte_at(pieces.front(), depth);
      const auto other = [&](const Piece& piece) { return byte_at(piece, depth) != byte; };
      const auto count = static_cast<size_t>(std::ranges::find_if(pieces, other) - pieces.begin());
      branches.push_back({byte, pieces.first(count)});
      pieces = pieces.subspan(count);
    }
    return branches;
  }

  bool is_free(uint32_t unit) const { return unit != kRoot && units_[unit].parent == kNone; }

  uint32_t free_base(const std::vector<Branch>& branches) {
    while (!is_free(first_free_)) ++first_free_;
    crowded_until_ = std::max(crowded_until_, first_free_);
    const uint32_t start = (branches.size() == 1 ? first_free_ : crowded_until_) - branches[0].byte;
    uint32_t base = start;
    grow(base + 1);
    while (!std::ranges::all_of(branches, [&](const Branch& b) { return is_free(base + b.byte); })) grow(++base + 1);
    if (base - start > kLongSearch) crowded_until_ = base;
    return base;
  }

  // So many units that each base below `bases` has 256 children to look at.
  void grow(uint32_t bases) {
    if (units_.size() < bases + 256) units_.resize(std::max<size_t>(bases + 256, units_.size() * 3 / 2));
  }

  std::vector<Unit>& units_;
  // Both are at least 256, so that no base is 0: a child by byte 0 would fall onto the root.
  uint32_t first_free_ = 256;
  uint32_t crowded_until_ = 256;  // several children find no room in front of this, at most waste some
};

PieceTrie::PieceTrie(std::vector<Piece> pieces) {
  std::ranges::stable_sort(pieces, {}, &Piece::bytes);
  // Keeps the last of equal ones: unique() keeps the first, so go from behind.
  const auto kept = std::unique(pieces.rbegin(), pieces.rend(), [](auto& a, auto& b) { return a.bytes == b.bytes; });
  Builder builder(units_);
  if (!pieces.empty()) builder.place(kRoot, {kept.base(), pieces.end()}, 0);
}

PieceTrie::Node PieceTrie::find(Node from, std::string_view bytes) const {
  Node node = from;
  for (size_t i = 0; i < bytes.size() && node != kNone; ++i) node = step(node, bytes[i]);
  return node;
}

}  // namespace uie
