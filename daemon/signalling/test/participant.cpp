#include "daemon/signalling/test/participant.h"

#include "relay/base/random.h"

#include "relay/base/log.h"
#include "relay/values/refused.h"

#include <algorithm>
#include <random>

namespace spillway::daemon {

namespace {

constexpr std::chrono::milliseconds firstPause{500};
constexpr std::chrono::milliseconds longestPause{30000};
constexpr const char* cameraSource = "camera";

/// Full jitter, so that many participants that were lost together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds bound) {
    static std::minstd_rand random{relay::randomNumber<std::uint32_t>()};
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(1, bound.count())(random));
}

} // namespace

Participant::Participant(relay::Loop& loop, relay::Call& call, relay::PublisherSettings settings)
    : loop_(loop)
    , call_(call)
    , settings_(std::move(settings))
    , pause_(firstPause) {}

void Participant::join() {
    if (publisher_) return;
    rejoin_.cancel();
    attempt_ = std::make_unique<relay::Lifetime>();
    publisher_ = newPublisher();
    publisher_->offer(attempt_->guard([this](const std::string& sdp) { onOffer(sdp); }));
}

/// An encoder that is not installed is no reason not to take part.
std::unique_ptr<relay::Publisher> Participant::newPublisher() {
    try {
        return std::make_unique<relay::Publisher>(loop_, settings_);
    } catch (const std::runtime_error& error) {
        if (settings_.codec == config::Codec::vp8) throw;
        log::warn("test participant uses vp8 call={} participant={} error=\"{}\"", call_.settings().name,
                  settings_.name, error.what());
        settings_.codec = config::Codec::vp8;
        return std::make_unique<relay::Publisher>(loop_, settings_);
    }
}

void Participant::leave() {
    rejoin_.cancel();
    attempt_.reset();
    publication_.reset();
    publisher_.reset();
}

void Participant::switchCamera(bool on) {
    if (!publication_) return;
    if (on) publication_->sourceOn(cameraSource);
    publisher_->setCamera(on);
    if (!on) publication_->sourceOff(cameraSource);
}

void Participant::onOffer(const std::string& sdp) {
    if (sdp.empty()) return rejoinLater("no offer");
    relay::PublishRequest request;
    request.participant = settings_.name;
    request.display = settings_.name;
    request.offer = sdp;
    request.videoSource = cameraSource;
    request.audioSource = "microphone";
    request.loopbackOnly = true;
    relay::PublishEvents events;
    events.onAnswer = attempt_->guard([this](const relay::LocalDescription& answer) { onAnswer(answer); });
    events.onEnded = attempt_->guard([this](relay::PublicationEnd /*why*/, const std::string& detail) {
        publication_.reset();
        rejoinLater(detail);
    });
    try {
        publication_ = call_.publish(request, std::move(events));
    } catch (const relay::Refused& refused) {
        rejoinLater(refused.what());
    }
}

void Participant::onAnswer(const relay::LocalDescription& answer) {
    if (!answer.error && publisher_->answer(answer.sdp)) {
        pause_ = firstPause;
        return;
    }
    rejoinLater(answer.error ? answer.error->detail : "the answer is no SDP");
}

/// May run inside a callback of the publisher: what has failed is disposed by the timer.
void Participant::rejoinLater(const std::string& why) {
    log::warn("test participant failed call={} participant={} error=\"{}\"", call_.settings().name,
              settings_.name, why);
    rejoin_ = loop_.after(jittered(pause_), [this] {
        leave();
        join();
    });
    pause_ = std::min(pause_ * 2, longestPause);
}

} // namespace spillway::daemon
