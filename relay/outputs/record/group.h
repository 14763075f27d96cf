// The `record` output: Matroska files, one sequence for each participant,
// DIRECTORY/call/participant/START.SUBSCRIPTION.mkv, or for each track,
// DIRECTORY/call/participant/source/START.SUBSCRIPTION.mkv.
#pragma once

#include "relay/outputs/output.h"

#include <memory>

namespace spillway::relay {

/// Makes the directory when it is missing; OutputGroup::problem() tells when that fails or it cannot be
/// written.
std::unique_ptr<OutputGroup> makeRecordGroup(const config::SubscriptionSettings& subscription,
                                             const config::RecordOutput& settings);

} // namespace spillway::relay
