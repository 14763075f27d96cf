#include "relay/outputs/output.h"

#include "relay/outputs/record/group.h"
#include "relay/outputs/rtp/group.h"

#include <utility>
#include <variant>

namespace spillway::relay {

void OutputStatus::setTarget(std::string target) {
    const std::lock_guard lock(mutex_);
    reading_.target = std::move(target);
}

void OutputStatus::setError(std::string error) {
    const std::lock_guard lock(mutex_);
    if (!error.empty()) ++reading_.errors;
    reading_.error = std::move(error);
}

OutputStatus::Reading OutputStatus::read() const {
    const std::lock_guard lock(mutex_);
    return reading_;
}

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
