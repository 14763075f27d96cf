// One track of a participant that is recorded into a file with the others. Output loop thread.
#pragma once

#include "relay/outputs/output.h"
#include "relay/outputs/record/participant/participant_recorder.h"

#include <memory>
#include <optional>
#include <utility>

namespace spillway::relay {

class TrackFeed : public Output {
  public:
    /// Main loop.
    TrackFeed(std::shared_ptr<ParticipantRecorder> recorder, OutputRequest request)
        : recorder_(std::move(recorder))
        , request_(std::move(request)) {}

    bool write(const Frame& frame) override {
        if (!track_) track_ = recorder_->join(request_.track.source, request_.kind, request_.status);
        return recorder_->write(*track_, frame);
    }
    void close(EndReason /*reason*/) override {
        if (track_) recorder_->leave(*std::exchange(track_, std::nullopt));
    }
    bool wantsKeyframe() override { return track_ && recorder_->wantsKeyframe(*track_); }

  private:
    const std::shared_ptr<ParticipantRecorder> recorder_;
    const OutputRequest request_;
    std::optional<ParticipantRecorder::Track> track_; ///< once it has a frame, until it is closed
};

} // namespace spillway::relay
