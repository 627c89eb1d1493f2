// How much CPU this process may use: affinity and cgroup quota, not the machine's size.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace uie::model {

// CPUs this process may run on, ascending; never empty.
std::vector<int> allowed_cpus();

// CPUs' worth of time per second that the process's control group grants: the smallest quota on the way up to the root,
// cgroup v2 or v1. Nothing without a limit. `root` stands for "/" (tests put their own tree there).
std::optional<double> cgroup_cpu_quota(const std::filesystem::path& root = "/");

// Threads that run at once: the allowed CPUs, cut to the whole part of the quota (a thread over it would be stopped in
// the middle of a product and all others would wait for it). At least 1.
int usable_threads(const std::filesystem::path& root = "/");

// "AMD EPYC" from the text of /proc/cpuinfo; "CPU" when it says nothing.
std::string cpu_name(std::string_view cpuinfo);
std::string cpu_name();

}  // namespace uie::model
