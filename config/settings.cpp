#include "config/settings.h"

#include "config/words.h"

namespace spillway::config {

const char* outputName(const OutputSettings& output) {
    return std::visit([](const auto& kind) { return kind.word; }, output);
}

const char* policyName(QueuePolicy policy) {
    return wordOf(policyWords, policy);
}

const char* joinName(const CallSettings& call) {
    return std::visit([](const auto& kind) { return kind.word; }, call.join);
}

} // namespace spillway::config
