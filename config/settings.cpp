#include "config/settings.h"

#include "config/words.h"

namespace spillway::config {

const char* outputName(const OutputSettings& output) {
    return std::holds_alternative<RecordOutput>(output) ? "record" : "rtp";
}

const char* policyName(QueuePolicy policy) {
    return wordOf(policyWords, policy);
}

const char* joinName(const CallSettings& call) {
    return std::holds_alternative<WhipJoin>(call.join) ? "whip" : "test";
}

} // namespace spillway::config
