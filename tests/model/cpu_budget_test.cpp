#include "model/cpu_budget.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "model/tiny_checkpoint.h"

namespace uie::model {
namespace {

class FakeRoot {
 public:
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_.path() / path).parent_path());
    std::ofstream(root_.path() / path) << text;
  }
  std::optional<double> quota() const { return cgroup_cpu_quota(root_.path()); }
  const std::filesystem::path& path() const { return root_.path(); }

 private:
  test::ScratchFolder root_;
};

TEST(CpuBudget, NoGroupsNoQuota) {
  const FakeRoot root;
  EXPECT_EQ(root.quota(), std::nullopt);
}

TEST(CpuBudget, VersionTwoTakesTheSmallestOnTheWayUp) {
  FakeRoot root;
  root.put("proc/self/cgroup", "0::/slice/box\n");
  root.put("sys/fs/cgroup/slice/box/cpu.max", "max 100000\n");
  EXPECT_EQ(root.quota(), std::nullopt);
  root.put("sys/fs/cgroup/slice/cpu.max", "250000 100000\n");
  EXPECT_EQ(root.quota(), 2.5);
  root.put("sys/fs/cgroup/cpu.max", "50000 100000\n");  // in a container the mount's root is its own group
  EXPECT_EQ(root.quota(), 0.5);
  EXPECT_EQ(usable_threads(root.path()), 1);
}

TEST(CpuBudget, VersionOne) {
  FakeRoot root;
  root.put("proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/box\n1:cpuset:/b\n");
  root.put("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
  root.put("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(root.quota(), std::nullopt);
  root.put("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(root.quota(), 3.0);
}

TEST(CpuBudget, NonsenseIsNoQuota) {
  FakeRoot root;
  root.put("proc/self/cgroup", "garbage\n::\n0::/\n0::../../..\n");
  root.put("sys/fs/cgroup/cpu.max", "many 0\n");
  EXPECT_EQ(root.quota(), std::nullopt);
}

TEST(CpuBudget, AffinityCounts) {
  std::thread([] {
    const int first = allowed_cpus().front();
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(first), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(allowed_cpus(), std::vector<int>{first});
    EXPECT_EQ(usable_threads(), 1);
  }).join();
}

TEST(CpuBudget, NameComesFromCpuinfo) {
  EXPECT_EQ(cpu_name("processor\t: 0\nmodel name\t: AMD EPYC: x\nmodel name\t: other\n"), "AMD EPYC: x");
  EXPECT_EQ(cpu_name("Hardware: none"), "CPU");
}

}  // namespace
}  // namespace uie::model
