#include "model/cpu_budget.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

namespace uie::model {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// quota and period in microseconds; "max" or -1 or nothing: no limit.
std::optional<double> ratio(std::istream&& quota, std::istream&& period) {
  double granted = 0, each = 0;
  if (!(quota >> granted) || !(period >> each) || granted <= 0 || each <= 0) return std::nullopt;
  return granted / each;
}

// v2: "max 100000" or "200000 100000".
std::optional<double> quota_v2(const fs::path& group) {
  std::istringstream words(read_text(group / "cpu.max"));
  std::string quota, period;
  words >> quota >> period;
  return ratio(std::istringstream(quota), std::istringstream(period));
}

std::optional<double> quota_v1(const fs::path& group) {
  return ratio(std::istringstream(read_text(group / "cpu.cfs_quota_us")),
               std::istringstream(read_text(group / "cpu.cfs_period_us")));
}

using ReadQuota = std::optional<double> (*)(const fs::path&);

// Inside a container /proc/self/cgroup may name a path that only the host has; the mount's root then is our group, and
// the walk ends there anyway.
std::optional<double> smallest_quota(const fs::path& mount, const std::string& group, ReadQuota read) {
  std::optional<double> smallest;
  fs::path path = fs::path(group).relative_path();
  while (true) {
    if (const auto quota = read(mount / path)) smallest = std::min(*quota, smallest.value_or(*quota));
    if (path.empty()) return smallest;
    path = path.parent_path();
  }
}

bool has_cpu_controller(const std::string& controllers) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

}  // namespace

std::vector<int> allowed_cpus() {
  std::array<cpu_set_t, 8> sets{};  // the kernel refuses a mask shorter than its own: room for 8192 CPUs
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof sets, sets.data()) == 0) {
    for (size_t cpu = 0; cpu < 8 * sizeof sets; ++cpu) {
      if (CPU_ISSET_S(cpu, sizeof sets, sets.data())) cpus.push_back(static_cast<int>(cpu));
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::optional<double> cgroup_cpu_quota(const fs::path& root) {
  std::istringstream lines(read_text(root / "proc/self/cgroup"));
  std::optional<double> smallest;
  for (std::string line; std::getline(lines, line);) {  // "0::/group" (v2) or "4:cpu,cpuacct:/group" (v1)
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    std::optional<double> quota;
    if (controllers.empty()) quota = smallest_quota(root / "sys/fs/cgroup", group, quota_v2);
    if (has_cpu_controller(controllers)) quota = smallest_quota(root / "sys/fs/cgroup/cpu", group, quota_v1);
    if (quota) smallest = std::min(*quota, smallest.value_or(*quota));
  }
  return smallest;
}

int usable_threads(const fs::path& root) {
  const auto cpus = static_cast<double>(allowed_cpus().size());
  return static_cast<int>(std::max(1.0, std::floor(std::min(cpus, cgroup_cpu_quota(root).value_or(cpus)))));
}

std::string cpu_name(std::string_view cpuinfo) {
  std::istringstream lines{std::string(cpuinfo)};
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

std::string cpu_name() { return cpu_name(read_text("/proc/cpuinfo")); }

}  // namespace uie::model
