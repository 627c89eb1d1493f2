#include "uie/base/metrics.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"

namespace uie {
namespace {

TEST(NoMetrics, TakesEverything) {
  no_metrics().counter("uie_x_total", "x").add();
  no_metrics().gauge("uie_y", "y").set(3);
  no_metrics().histogram("uie_z", "z", {1, 2}, {{"a", "b"}}).observe(1.5);
}

TEST(FakeMetrics, SameNameAndLabelsIsTheSameSeries) {
  testing_support::FakeMetrics metrics;
  metrics.counter("uie_x_total", "x", {{"a", "1"}}).add();
  metrics.counter("uie_x_total", "x", {{"a", "1"}}).add(2);
  metrics.counter("uie_x_total", "x", {{"a", "2"}}).add(5);
  EXPECT_EQ(metrics.value("uie_x_total{a=1}"), 3);
  EXPECT_EQ(metrics.value("uie_x_total{a=2}"), 5);
}

// The list is the one place of names: none twice, each as Prometheus wants it.
TEST(MetricNames, AreWellFormedAndUnique) {
  std::ifstream file(UIE_SOURCE_DIR "/src/base/metric_names.h");
  const std::string source((std::istreambuf_iterator<char>(file)), {});
  std::set<std::string> names;
  for (size_t at = 0; (at = source.find("constexpr MetricName ", at)) != std::string::npos;) {
    const size_t begin = source.find('"', at) + 1;
    at = source.find('"', begin);
    const std::string name = source.substr(begin, at - begin);
    EXPECT_TRUE(name.starts_with("uie_")) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
    EXPECT_TRUE(names.insert(name).second) << name << " is listed twice";
  }
  EXPECT_GE(names.size(), 10u);
}

}  // namespace
}  // namespace uie
