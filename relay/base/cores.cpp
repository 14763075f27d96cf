#include "relay/base/cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

namespace spillway::relay {

namespace {

namespace fs = std::filesystem;

std::string firstLine(const fs::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

/// As cgroup v2 has it, where it is one line: `0::/system.slice/spillway.service`.
fs::path ownGroup() {
    const std::string line = firstLine("/proc/self/cgroup");
    return line.starts_with("0::/") ? fs::path(line.substr(4)) : fs::path();
}

} // namespace

unsigned coresOfQuota(const std::string& cpuMax) {
    std::istringstream text(cpuMax);
    double quota = 0;
    double period = 0;
    if (!(text >> quota >> period) || quota <= 0 || period <= 0) return 0; // `max 100000`
    return static_cast<unsigned>(std::clamp(std::ceil(quota / period), 1.0, 1024.0));
}

unsigned coresOfGroup(const fs::path& root, const fs::path& group) {
    unsigned least = 0;
    fs::path place = root;
    const auto look = [&] {
        const unsigned cores = coresOfQuota(firstLine(place / "cpu.max"));
        if (cores > 0) least = least == 0 ? cores : std::min(least, cores);
    };
    look();
    for (const auto& part : group) {
        place /= part;
        look();
    }
    return least;
}

unsigned usableCores() {
    const unsigned cpus = std::max(1U, std::thread::hardware_concurrency());
    const unsigned quota = coresOfGroup("/sys/fs/cgroup", ownGroup());
    return quota == 0 ? cpus : std::min(cpus, quota);
}

} // namespace spillway::relay
