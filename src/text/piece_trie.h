// The pieces of a vocabulary by their bytes, for the longest match: a double-array trie (Aoe, 1989).
//
// Each node is a unit of one array. The child of node n by byte b is the unit base[n] + b, if that unit says that n is
// its parent. So a step is one addition and one comparison, without a hash and without a pointer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace uie {

// Immutable and thread safe once built.
class PieceTrie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0, kNone = UINT32_MAX;

  struct Piece {
    std::string_view bytes;  // not empty
    int32_t id;              // >= 0
  };

  // Of equal pieces the last one counts.
  explicit PieceTrie(std::vector<Piece> pieces);

  Node step(Node node, char byte) const {
    const Node child = units_[node].base + static_cast<unsigned char>(byte);
    return units_[child].parent == node ? child : kNone;
  }

  // The node that spells `bytes` below `from`, or kNone.
  Node find(Node from, std::string_view bytes) const;

  // The id of the piece that ends at `node`, -1 when none does.
  int32_t id(Node node) const { return node == kNone ? -1 : units_[node].id; }

  struct Match {
    int32_t id = -1;      // -1: nothing matches
    uint32_t length = 0;  // bytes
  };

  // The longest piece below `from` that `bytes` begins with.
  Match longest(Node from, std::string_view bytes) const {
    Match best;
    Node node = from;
    for (uint32_t i = 0; i < bytes.size(); ++i) {
      node = step(node, bytes[i]);
      if (node == kNone) break;
      if (units_[node].id >= 0) best = {units_[node].id, i + 1};
    }
    return best;
  }

 private:
  struct Unit {
    uint32_t base = 0;
    Node parent = kNone;  // kNone: free, or the root
    int32_t id = -1;
  };
  class Builder;

  std::vector<Unit> units_;  // at least 256 free units at the end, so that a step needs no bounds check
};

}  // namespace uie
