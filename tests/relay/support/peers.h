// A synthetic publisher and a receiving peer in one process, with a counting sink behind each pad.
#pragma once

#include "relay/gst/element.h"
#include "relay/gst/probe.h"
#include "relay/peer/peer.h"
#include "relay/synthetic/publisher.h"
#include "support/catch.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

namespace spillway::test {

using namespace std::chrono_literals;

/// What one pad delivered. Written on its streaming thread.
struct Received {
    std::string mid;
    relay::MediaKind kind = relay::MediaKind::video;
    std::uint32_t ssrc = 0;
    std::string encoding; ///< of its caps
    GstElement* pipeline = nullptr;
    std::function<bool()> sendPli;
    gst::Ref<GstElement> sink;
    std::atomic<std::uint64_t> buffers{0};
};

/// Links a fakesink to a pad and counts what comes; gives the counts to the loop. Any thread.
class Sinks {
  public:
    void link(const relay::IncomingPad& incoming) {
        auto received = std::make_shared<Received>();
        received->mid = incoming.mid;
        received->kind = incoming.kind;
        received->ssrc = incoming.ssrc;
        received->pipeline = incoming.pipeline;
        received->sendPli = incoming.sendPli;
        const auto sink = gst::makeElement("fakesink");
        g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
        gst::addTo(incoming.pipeline, sink);
        received->sink = gst::Ref<GstElement>::retain(sink.get());
        const auto pad = gst::staticPad(sink.get(), "sink");
        gst::PadProbe probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [received](GstPadProbeInfo*) {
            ++received->buffers;
            return GST_PAD_PROBE_OK;
        });
        gst_element_sync_state_with_parent(sink.get());
        gst_pad_link_full(incoming.pad, pad.get(), GST_PAD_LINK_CHECK_NOTHING);
        if (GstCaps* caps = gst_pad_get_current_caps(incoming.pad)) {
            const char* encoding = gst_structure_get_string(gst_caps_get_structure(caps, 0), "encoding-name");
            received->encoding = encoding ? encoding : "";
            gst_caps_unref(caps);
        }
        const std::lock_guard lock(mutex_);
        received_.push_back(std::move(received));
        probes_.push_back(std::move(probe));
    }

    std::vector<std::shared_ptr<Received>> all() const {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    std::shared_ptr<Received> of(relay::MediaKind kind) const {
        for (const auto& received : all())
            if (received->kind == kind) return received;
        return nullptr;
    }
    std::uint64_t buffers(relay::MediaKind kind) const {
        const auto received = of(kind);
        return received ? received->buffers.load() : 0;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Received>> received_;
    std::vector<gst::PadProbe> probes_;
};

/// A receiving peer with its sinks and all that it reported.
struct Receiver {
    explicit Receiver(relay::Loop& loop, std::chrono::milliseconds mediaTimeout = 15s,
                      relay::ingest::Ingest* ingest = nullptr) {
        settings.label = "call=test participant=test";
        settings.videoCodecs = {config::Codec::vp8, config::Codec::vp9, config::Codec::h264,
                                config::Codec::h265};
        settings.mediaTimeout = mediaTimeout;
        settings.loopbackOnly = true;
        settings.ingest = ingest;
        peer = std::make_unique<relay::Peer>(loop, settings, events());
    }

    relay::PeerEvents events() {
        return {
            [sinks = sinks](const relay::IncomingPad& pad) { sinks->link(pad); },
            [this](std::uint32_t ssrc) { gone.push_back(ssrc); },
            [this] { ++connected; },
            [this](relay::LostCause cause, const std::string& detail) {
                lost = cause;
                lostDetail = detail;
            },
        };
    }

    /// Turns the loop until the answer is there.
    relay::LocalDescription answer(relay::Loop& loop, const std::string& offer,
                                   std::chrono::milliseconds deadline = 5s) const {
        std::optional<relay::LocalDescription> result;
        peer->acceptOffer(offer, deadline,
                          [&](relay::LocalDescription answer) { result = std::move(answer); });
        REQUIRE(loop.runUntil([&] { return result.has_value(); }, 10s));
        return *result;
    }

    std::shared_ptr<Sinks> sinks = std::make_shared<Sinks>();
    std::vector<std::uint32_t> gone;
    int connected = 0;
    std::optional<relay::LostCause> lost;
    std::string lostDetail;
    relay::PeerSettings settings;
    std::unique_ptr<relay::Peer> peer;
};

/// Alice, with a picture that costs little to encode.
inline relay::PublisherSettings smallPublisher() {
    relay::PublisherSettings settings;
    settings.name = "alice";
    settings.width = 320;
    settings.height = 180;
    return settings;
}

/// Turns the loop until the offer is there.
inline std::string offerOf(relay::Loop& loop, relay::Publisher& publisher) {
    std::optional<std::string> offer;
    publisher.offer([&](std::string sdp) { offer = std::move(sdp); });
    REQUIRE(loop.runUntil([&] { return offer.has_value(); }, 10s));
    REQUIRE_FALSE(offer->empty());
    return *offer;
}

} // namespace spillway::test
