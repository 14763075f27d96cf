// What a kind of subscriber must be able to do. One Output serves one track of one subscription; one
// OutputGroup makes the outputs of one subscription and holds what they share and what outlives a single
// track.
#pragma once

#include "config/settings.h"
#include "relay/queue/frame.h"
#include "relay/queue/frame_queue.h"
#include "relay/values/output_status.h"
#include "relay/values/refused.h"
#include "relay/values/rendition.h"
#include "relay/values/track_name.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
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

    /// Work on the output loop from time to time, also while there is no track.
    struct Chore {
        std::function<void()> work;
        std::chrono::milliseconds period;
    };

    virtual Rendition rendition() const = 0;
    /// Why no track can be served now, if so. Asking again finds out whether that is over.
    virtual std::optional<Refused> problem() { return std::nullopt; }
    /// Where it writes, for messages.
    virtual std::string target() const = 0;
    /// Bounds that hold where the user wrote none.
    virtual QueueBounds defaultBounds(MediaKind kind) const = 0;
    /// What an output may hold beside its queue, and the budget has to have for it.
    virtual std::size_t heldBytes(MediaKind) const { return 0; }
    /// Outputs with the same key share a thread; those that may block each other for long must not (a file
    /// system that hangs must not stop a socket). Not before problem() has said that there is none.
    virtual std::string loopKey() const = 0;
    virtual std::optional<Chore> chore() { return std::nullopt; }
    /// Throws std::runtime_error with what is wrong when this track cannot be served.
    virtual std::unique_ptr<Output> open(const OutputRequest& request) = 0;
};

/// The group for a subscription's `output:`. Throws std::runtime_error, naming what is wrong, when it can
/// never work (a host that is none).
std::unique_ptr<OutputGroup> makeOutputGroup(const config::SubscriptionSettings& subscription);

} // namespace spillway::relay
