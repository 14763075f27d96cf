#include "relay/outputs/output.h"

#include "relay/outputs/record/group.h"
#include "relay/outputs/rtp/group.h"

#include <variant>

namespace spillway::relay {

namespace {

struct MakeGroup {
    const config::SubscriptionSettings& subscription;

    std::unique_ptr<OutputGroup> operator()(const config::RecordOutput& settings) const {
        return makeRecordGroup(subscription, settings);
    }
    std::unique_ptr<OutputGroup> operator()(const config::RtpOutput& settings) const {
        return makeRtpGroup(subscription, settings);
    }
};

} // namespace

std::unique_ptr<OutputGroup> makeOutputGroup(const config::SubscriptionSettings& subscription) {
    return std::visit(MakeGroup{subscription}, subscription.output);
}

} // namespace spillway::relay
