#include "config/settings.h"

#include "config/words.h"

#include <array>

namespace spillway::config {

const char* outputName(const OutputSettings& output) {
    return std::holds_alternative<RecordOutput>(output) ? "record" : "rtp";
}

const char* policyName(QueuePolicy policy) {
    return wordOf(policyWords, policy);
}

const char* joinName(const CallSettings& call) {
    static constexpr std::array names{"whip", "whep", "janus", "test"};
    static_assert(names.size() == std::variant_size_v<decltype(call.join)>);
    return names.at(call.join.index());
}

} // namespace spillway::config
