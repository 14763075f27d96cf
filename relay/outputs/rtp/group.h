// The `rtp` output: each track of the subscription as RTP over UDP to a pair of ports of one host.
#pragma once

#include "relay/outputs/output.h"

#include <memory>

namespace spillway::relay {

/// A host name is looked up in the background. Throws std::runtime_error when the host can be none or the
/// ports do not suffice for max_tracks; OutputGroup::problem() tells when the SDP file cannot be where it
/// should.
std::unique_ptr<OutputGroup> makeRtpGroup(const config::SubscriptionSettings& subscription,
                                          const config::RtpOutput& settings);

} // namespace spillway::relay
