// How hits become answers: the part in which extraction (spec/rex.md §9) and classification (§10) differ.
//
// RexExtraction runs the levels and calls a mode; a mode never sees queries come and go out of order: results may be
// read in any order, finish() sees them all.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/rex_decode.h"
#include "extract/rex_request.h"
#include "extract/rex_windows.h"
#include "uie/schema/extracted.h"

namespace uie {

class RexMode {
 public:
  virtual ~RexMode() = default;

  // Text tokens that neighbouring windows share.
  virtual uint32_t stride() const = 0;

  // A level begins: its runs are numbered 0 … level.runs.size() - 1. Never called while another level is open.
  virtual void open(const Level& level) = 0;

  // True when the answer to the run is known already and needs no query.
  virtual bool is_known(const Level& level, uint32_t run) const = 0;

  virtual LinkQuery query(const Level& level, uint32_t run) const = 0;

  // Number of probes in each query of the hint.
  virtual size_t probes(const Hint& hint) const = 0;

  // The answer to a run's query; `probes` as the query asked for them.
  virtual void read(const Level& level, uint32_t run, const LinkIndex& links, const std::vector<float>& probes) = 0;

  // All runs of the level are known: adds what was found to `answer`. Returns the prefixes of the next level; none ends
  // the extraction.
  virtual std::vector<Prefix> finish(const Level& level, Extracted& answer) = 0;
};

}  // namespace uie
