#include "daemon/signalling/janus/memory.h"

#include <map>

namespace spillway::daemon::janus {

namespace {

std::map<std::string, std::shared_ptr<Memory>>& memories() {
    static std::map<std::string, std::shared_ptr<Memory>> all;
    return all;
}

} // namespace

std::shared_ptr<Memory> memoryOf(const std::string& call) {
    auto& memory = memories()[call];
    if (!memory) memory = std::make_shared<Memory>();
    return memory;
}

void forget(const std::string& call) {
    memories().erase(call);
}

} // namespace spillway::daemon::janus
