// The two receivers that are compared: one stream each, and nobody who watches it. Loop thread.
#pragma once

#include "bench/unwatched/negotiation.h"
#include "relay/gst/bin.h"
#include "relay/gst/pipeline.h"
#include "relay/gst/signal.h"
#include "relay/peer/peer.h"
#include "relay/peer/teardown.h"
#include "relay/track/track.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::bench {

/// Names of the elements in the bin, at any depth, that depayload or decode media. What webrtcbin itself
/// consists of does neither, but some of it is called so.
inline std::vector<std::string> mediaElements(GstElement* bin) {
    constexpr std::array<std::string_view, 4> transport{"dtlsdec", "dtlssrtpdec", "rtpreddec",
                                                        "rtpulpfecdec"};
    std::vector<std::string> names;
    for (const auto& element : gst::elementsOf(bin)) {
        auto* factory = gst_element_get_factory(element.get()); // webrtcbin's private bins have none
        if (!factory) continue;
        const std::string_view name = gst::nameOf(gst::cast<GstElement>(factory));
        const std::string_view klass = gst_element_get_metadata(element.get(), GST_ELEMENT_METADATA_KLASS);
        const bool media = klass.find("Depayloader") != klass.npos || klass.find("Decoder") != klass.npos;
        if (media && std::find(transport.begin(), transport.end(), name) == transport.end())
            names.emplace_back(name);
    }
    return names;
}

/// webrtcbin into a fakesink: what the transport alone costs.
class BareReceiver {
  public:
    explicit BareReceiver(relay::Loop& loop)
        : loop_(loop)
        , webrtcbin_(makeWebrtcbin()) {
        gst::addTo(pipeline_.get(), webrtcbin_);
        padAdded_ = gst::SignalConnection::connect<void(GstPad*)>(
            webrtcbin_.get(), "pad-added", [pipeline = pipeline_.get(), found = found_](GstPad* pad) {
                const auto sink = gst::makeElement("fakesink");
                g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
                gst::addTo(pipeline, sink);
                gst_element_sync_state_with_parent(sink.get());
                gst_pad_link(pad, gst::staticPad(sink.get(), "sink").get());
                const std::lock_guard lock(found->mutex);
                found->sink = sink;
            });
        if (!pipeline_.play()) throw std::runtime_error("webrtcbin does not start");
    }
    BareReceiver(const BareReceiver&) = delete;
    BareReceiver& operator=(const BareReceiver&) = delete;
    ~BareReceiver() { relay::stopWebrtc(pipeline_, webrtcbin_.get()); }

    std::string answer(const std::string& offer) {
        describeRemote(webrtcbin_.get(), GST_WEBRTC_SDP_TYPE_OFFER, offer);
        return describeLocal(loop_, webrtcbin_.get(), "answer");
    }

    /// As fakesink itself counts: a probe would add to the cost.
    std::uint64_t packets() const {
        const std::lock_guard lock(found_->mutex);
        if (!found_->sink) return 0;
        GstStructure* stats = nullptr;
        g_object_get(found_->sink.get(), "stats", &stats, nullptr);
        guint64 rendered = 0;
        gst_structure_get_uint64(stats, "rendered", &rendered);
        gst_structure_free(stats);
        return rendered;
    }
    static std::string problem() { return {}; }

  private:
    struct Found {
        std::mutex mutex; ///< protects sink between the streaming thread and the loop
        gst::Ref<GstElement> sink;
    };

    relay::Loop& loop_;
    const std::shared_ptr<Found> found_ = std::make_shared<Found>();
    gst::Pipeline pipeline_{nullptr};
    gst::Ref<GstElement> webrtcbin_;
    gst::SignalConnection padAdded_;
};

/// A peer and its track, put together as a call does.
class OurReceiver {
  public:
    explicit OurReceiver(relay::Loop& loop)
        : loop_(loop)
        , track_(std::make_unique<relay::Track>(loop, relay::TrackName{"bench", "sender", "camera"},
                                                relay::MediaKind::video)) {
        relay::PeerSettings settings;
        settings.label = "call=bench participant=sender";
        settings.videoCodecs = {config::Codec::vp8};
        settings.loopbackOnly = true;
        auto adopt = lifetime_.guard([this](const std::shared_ptr<relay::TrackInput>& input) {
            track_->setInput(input_ = input);
            input->letFirstPacketGo();
        });
        relay::PeerEvents events;
        events.onPad = [&loop, adopt](const relay::IncomingPad& pad) {
            relay::TrackInput::start(pad, [&loop, adopt](std::shared_ptr<relay::TrackInput> input) {
                loop.post([adopt, input = std::move(input)]() mutable { adopt(input); });
            });
        };
        events.onLost = [this](relay::LostCause, const std::string& detail) { lost_ = detail; };
        peer_ = std::make_unique<relay::Peer>(loop, settings, std::move(events));
    }
    OurReceiver(const OurReceiver&) = delete;
    OurReceiver& operator=(const OurReceiver&) = delete;
    ~OurReceiver() {
        track_.reset();
        peer_.reset(); // the input outlives the threads that push into it
    }

    std::string answer(const std::string& offer) {
        std::optional<relay::LocalDescription> answer;
        peer_->acceptOffer(offer, std::chrono::seconds(10),
                           [&](relay::LocalDescription result) { answer = std::move(result); });
        loop_.runUntil([&] { return answer.has_value(); }, std::chrono::seconds(15));
        if (!answer || answer->error)
            throw std::runtime_error("no answer: " + (answer ? answer->error->detail : "out of time"));
        return answer->sdp;
    }

    std::uint64_t packets() const { return input_ ? input_->drainedPackets() : 0; }
    /// Why this is no track that nobody watches; empty when it is one.
    std::string problem() const {
        if (!lost_.empty()) return "a peer is lost: " + lost_;
        if (!track_->input() || !input_->draining()) return "a track is not draining";
        const auto elements = mediaElements(input_->tee().bin());
        return elements.empty() ? "" : "there is a depayloader or decoder: " + elements.front();
    }

  private:
    relay::Loop& loop_;
    std::string lost_;
    std::shared_ptr<relay::TrackInput> input_;
    std::unique_ptr<relay::Track> track_;
    std::unique_ptr<relay::Peer> peer_;
    relay::Lifetime lifetime_;
};

} // namespace spillway::bench
