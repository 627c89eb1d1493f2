#include "model/link_decode.h"

#include <gtest/gtest.h>

#include <limits>

namespace uie::model {
namespace {

TEST(LinkDecode, StrictlyPositiveCellsRowMajorWithTheirMirror) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> z = {0, 1,   -2,  //
                                3, nan, -4,  //
                                5, -6,  1e-30F};
  const std::vector<Cell> probes = {{2, 1}, {0, 0}, {2, 1}};
  const LinkHits hits = decode_links(z, 3, probes);
  ASSERT_EQ(hits.links.size(), 4U);
  const std::vector<std::array<float, 4>> wanted = {{0, 1, 1, 3}, {1, 0, 3, 1}, {2, 0, 5, -2}, {2, 2, 1e-30F, 1e-30F}};
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Link& link = hits.links[i];
    EXPECT_EQ(
        (std::array<float, 4>{static_cast<float>(link.row), static_cast<float>(link.col), link.logit, link.mirrored}),
        wanted[i]);
  }
  EXPECT_EQ(hits.probes, (std::vector<float>{-6, 0, -6}));
}

}  // namespace
}  // namespace uie::model
