// How many threads of this process can run at once: no more than its CPUs, nor than its cgroups let it use
// (cgroup v2, `cpu.max`), as containers and CPUQuota= of systemd set them.
#pragma once

#include <filesystem>
#include <string>

namespace spillway::relay {

unsigned usableCores();

/// CPUs by a quota as `cpu.max` has it: `150000 100000` is 2, rounded up. 0 when it sets no limit.
unsigned coresOfQuota(const std::string& cpuMax);
/// The least in this cgroup and those above it up to `root`, which has none; 0 as above.
unsigned coresOfGroup(const std::filesystem::path& root, const std::filesystem::path& group);

} // namespace spillway::relay
