// The answer's shape, family independent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace uie {

// One found item: `span` is text[begin, end) in code points (classification: the literal "[CLASSIFY]" at [0, 10]).
struct Item {
  std::string type;
  std::string span;
  uint32_t begin = 0, end = 0;
  double confidence = 0;  // 0…1, see spec/interface.md §1

  friend bool operator==(const Item&, const Item&) = default;
};

// From root to leaf of the schema.
using Chain = std::vector<Item>;

// Seconds of wall clock, as one extraction lived through them.
struct Timing {
  double queue = 0, tokenize = 0, compute = 0, decode = 0, total = 0;
};

struct Usage {
  uint32_t characters = 0;  // code points of the text
  uint32_t tokens = 0;      // tokens of all encoder queries
  uint32_t windows = 0;     // text windows of the first level
  uint32_t queries = 0;     // encoder queries, all levels
};

// Of a named task, whatever the family: labels are the caller's, offsets count in the caller's text, and a chain is
//   an entity; a subject and its object, whose type is the relation; a trigger and an argument, or a trigger alone;
//   an aspect (with an empty span: the text does not name it) and an opinion, whose type is the polarity or empty;
//   an answer, whose type is the question; or a path of labels without spans.
struct Extracted {
  std::vector<Chain> chains;
  bool truncated = false;             // a cap cut something: windows, prefixes
  std::vector<std::string> warnings;  // for people: labels too long to be asked, what was cut. Hold labels, never text
  Usage usage;
  Timing timing;
  // Of a named task, with options.native: the family's own tuples. Offsets count in the caller's text; [0, 0] where an
  // item stands in what the server put around it.
  std::vector<Chain> native = {};
};

}  // namespace uie
