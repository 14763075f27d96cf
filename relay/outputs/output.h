// What a kind of subscriber must be able to do. One Output serves one track of one subscription; one
// OutputGroup makes the outputs of one subscription and holds what they share and what outlives a single
// track.
#pragma once

#include "config/settings.h"
#include "relay/queue/frame.h"
#include "relay/queue/frame_queue.h"
#include "relay/values/output_status.h"
#include "relay/values/rendition.h"
#include "relay/values/track_name.h"

#include <memory>
#include <string>

namespace spillway::relay {

/// Output loop thread. Nothing here may block for longer than one write of its own target.
class Output {
  public:
    virtual ~Output() = default;

    /// Hands one frame over. False: it could not be written (counts as dropped{write_error}); the output
    /// keeps its own error in its OutputStatus and tries again with a later frame.
    virtual bool write(const Frame& frame) = 0;

    /// No frame comes any more; finish the file, say good-bye. Called once, before the destructor.
    virtual void close(EndReason reason) = 0;

    /// True when only a keyframe helps (a new file, after an error): the loop then wishes for one.
    virtual bool wantsKeyframe() { return false; }
};

struct OutputRequest {
    TrackName track;
    MediaKind kind;
    std::shared_ptr<OutputStatus> status;
};

/// Main loop, but what its outputs share is touched on their output loop only.
class OutputGroup {
  public:
    virtual ~OutputGroup() = default;

    virtual Rendition rendition() const = 0;
    /// Bounds that hold where the user wrote none.
    virtual QueueBounds defaultBounds(MediaKind kind) const = 0;
    /// Outputs with the same key share a thread; those that may block each other for long must not (a file
    /// system that hangs must not stop a socket).
    virtual std::string loopKey() const = 0;
    /// Throws std::runtime_error with what is wrong when this track cannot be served.
    virtual std::unique_ptr<Output> open(const OutputRequest& request) = 0;
};

/// The group for a subscription's `output:`. Throws std::runtime_error, naming what is wrong (a directory
/// that cannot be made, a host that is none).
std::unique_ptr<OutputGroup> makeOutputGroup(const config::SubscriptionSettings& subscription);

} // namespace spillway::relay
