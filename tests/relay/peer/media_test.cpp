// What a peer does with media: keyframe requests, retransmission, feedback, ends of streams.
#include "relay/base/big_endian.h"
#include "relay/gst/bin.h"
#include "relay/gst/buffer_map.h"
#include "relay/peer/peer.h"
#include "relay/peer/rtpbin.h"
#include "relay/rtp/feedback.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/sender_report.h"

#include "relay/support/peers.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/turns.h"
#include "support/wait.h"

#include <gst/rtp/rtp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

/// A receiver that keeps pads and pipeline for the test to look into.
struct OpenSession {
    explicit OpenSession(config::Codec codec = config::Codec::vp8)
        : receiver(loop) {
        PublisherSettings settings;
        settings.name = "bob";
        settings.width = 320;
        settings.height = 180;
        settings.codec = codec;
        publisher = std::make_unique<Publisher>(loop, settings);
        auto events = receiver.events();
        events.onPad = [this, link = events.onPad](const IncomingPad& pad) {
            link(pad);
            const std::lock_guard lock(mutex);
            pipeline = pad.pipeline;
            pads[pad.ssrc] = gst::Ref<GstPad>::retain(pad.pad);
        };
        receiver.peer = std::make_unique<Peer>(loop, receiver.settings, std::move(events));
    }
    ~OpenSession() { pads.clear(); }

    void connect() {
        const LocalDescription answer = receiver.answer(loop, offerOf(loop, *publisher));
        REQUIRE_FALSE(answer.error);
        REQUIRE(publisher->answer(answer.sdp));
        REQUIRE(flows(MediaKind::video, 10));
        REQUIRE(flows(MediaKind::audio, 10));
    }
    bool flows(MediaKind kind, std::uint64_t buffers, std::chrono::milliseconds deadline = 10s) {
        const std::uint64_t before = receiver.sinks->buffers(kind);
        return loop.runUntil([&] { return receiver.sinks->buffers(kind) >= before + buffers; }, deadline);
    }
    gst::Ref<GstPad> pad(MediaKind kind) {
        const std::lock_guard lock(mutex);
        return pads[receiver.sinks->of(kind)->ssrc];
    }
    /// Elements and their pads in webrtcbin, and its own.
    std::size_t parts() {
        std::size_t count = webrtcbin().get()->numpads;
        for (const auto& element : gst::elementsOf(webrtcbin().get()))
            count += std::size_t{1} + element.get()->numpads;
        return count;
    }
    gst::Ref<GstElement> webrtcbin() const {
        const auto found = gst::elementsOf(pipeline, "webrtcbin");
        REQUIRE(found.size() == 1);
        return found.front();
    }
    /// rtpbin's pad of that stream, to which webrtcbin's own is linked.
    gst::Ref<GstPad> exposed(MediaKind kind, unsigned type) const {
        const std::string name =
            "recv_rtp_src_0_" + std::to_string(receiver.sinks->of(kind)->ssrc) + "_" + std::to_string(type);
        return gst::staticPad(rtpbinOf(webrtcbin().get()).get(), name.c_str());
    }
    /// A pad of an element of that factory inside the receiving pipeline.
    gst::Ref<GstPad> inside(const char* factory, const char* name) const {
        const auto elements = gst::elementsOf(pipeline, factory);
        REQUIRE_FALSE(elements.empty());
        auto found = gst::staticPad(elements.front().get(), name);
        REQUIRE(found);
        return found;
    }

    /// What pushes decrypted packets.
    gst::Ref<GstPad> decrypted(const char* name = "decrypted-rtp") const {
        const auto source =
            gst::Ref<GstElement>::adopt(gst_bin_get_by_name(gst::cast<GstBin>(pipeline), name));
        REQUIRE(source);
        return gst::staticPad(source.get(), "src");
    }
    /// Where they go on.
    gst::Ref<GstPad> wayIn(const char* name = "decrypted-rtp") const {
        return gst::Ref<GstPad>::adopt(gst_pad_get_peer(decrypted(name).get()));
    }
    void sayGoodbye(std::uint32_t ssrc) const {
        const auto bytes = rtp::goodbye({ssrc, std::chrono::system_clock::now(), 0, 0, 0}, "nobody");
        gst_pad_chain(wayIn("decrypted-rtcp").get(), gst_buffer_new_memdup(bytes.data(), bytes.size()));
    }

    Loop loop;
    std::unique_ptr<Publisher> publisher;
    std::mutex mutex;
    GstElement* pipeline = nullptr;
    std::map<std::uint32_t, gst::Ref<GstPad>> pads;
    Receiver receiver;
};

/// Counts what a session sends of RTCP.
class SentRtcp {
  public:
    SentRtcp(const OpenSession& session, std::function<bool(const rtp::RtcpPacket&)> counts)
        : probe_(session.inside("dtlssrtpenc", "rtcp_sink_0").get(), GST_PAD_PROBE_TYPE_BUFFER,
                 [count = count_, counts = std::move(counts)](GstPadProbeInfo* info) {
                     const gst::BufferMap compound(gst_pad_probe_info_get_buffer(info));
                     Bytes rest = compound.bytes();
                     while (const auto packet = rtp::takeRtcp(rest))
                         if (counts(*packet)) ++*count;
                     return GST_PAD_PROBE_OK;
                 }) {}
    int count() const { return *count_; }

  private:
    const std::shared_ptr<std::atomic<int>> count_ = std::make_shared<std::atomic<int>>(0);
    const gst::PadProbe probe_;
};

/// A packet as the decoder of SRTP hands it on.
GstBuffer* makePacket(std::uint32_t ssrc, std::uint16_t sequence, unsigned payloadType = 96,
                      std::uint32_t timestamp = 0) {
    GstBuffer* buffer = gst_rtp_buffer_new_allocate(100, 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_ssrc(&rtp, ssrc);
    gst_rtp_buffer_set_seq(&rtp, sequence);
    gst_rtp_buffer_set_payload_type(&rtp, static_cast<guint8>(payloadType));
    gst_rtp_buffer_set_timestamp(&rtp, timestamp);
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
}

struct Header {
    unsigned type = 0;
    unsigned sequence = 0;
};

Header readHeader(GstPadProbeInfo* info) {
    Header header;
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (gst_rtp_buffer_map(gst_pad_probe_info_get_buffer(info), GST_MAP_READ, &rtp)) {
        header = {gst_rtp_buffer_get_payload_type(&rtp), gst_rtp_buffer_get_seq(&rtp)};
        gst_rtp_buffer_unmap(&rtp);
    }
    return header;
}

} // namespace

TEST_CASE("a wish for a keyframe reaches the publisher, which answers with one") {
    OpenSession session;
    session.connect();
    auto keyframes = std::make_shared<std::atomic<int>>(0);
    const auto pad = session.pad(MediaKind::video);
    const gst::PadProbe probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [keyframes](GstPadProbeInfo* info) {
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        gst_rtp_buffer_map(gst_pad_probe_info_get_buffer(info), GST_MAP_READ, &rtp);
        const auto* payload = static_cast<const std::uint8_t*>(gst_rtp_buffer_get_payload(&rtp));
        // VP8 (RFC 7741): extended descriptor with a 15 bit picture id, then the payload header.
        const bool start = payload[0] == 0x90 && (payload[1] & 0x80U) != 0;
        if (start && (payload[4] & 1U) == 0) ++*keyframes;
        gst_rtp_buffer_unmap(&rtp);
        return GST_PAD_PROBE_OK;
    });
    const std::uint64_t before = session.publisher->keyframeRequests();
    gst_pad_send_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    CHECK(session.loop.runUntil([&] { return session.publisher->keyframeRequests() > before; }, 2s));
    CHECK(session.loop.runUntil([&] { return *keyframes > 0; }, 2s));
}

TEST_CASE("H.264 and VP9 publishers are received as what they are") {
    for (const auto& [codec, name] :
         {std::pair{config::Codec::h264, "H264"}, std::pair{config::Codec::vp9, "VP9"}}) {
        OpenSession session(codec);
        session.connect();
        CHECK(session.receiver.sinks->of(MediaKind::video)->encoding == name);
    }
}

/// As a browser offers: H.264 stands before what is sent in the end.
void connectWithTwoCodecs(OpenSession& session) {
    std::string offer = offerOf(session.loop, *session.publisher);
    const std::string line = "m=video 9 UDP/TLS/RTP/SAVPF ";
    REQUIRE(offer.find(line) != std::string::npos);
    offer.replace(offer.find(line), line.size(), line + "102 ");
    const auto at = offer.find("a=rtpmap:96");
    offer.insert(at,
                 "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n");
    const LocalDescription answer = session.receiver.answer(session.loop, offer);
    REQUIRE_FALSE(answer.error);
    REQUIRE(answer.sdp.find(line + "102 96") != std::string::npos);
    // The publisher knows of VP8 only.
    std::string own = answer.sdp;
    own.replace(own.find(line + "102 "), line.size() + 4, line);
    REQUIRE(session.publisher->answer(own));
    REQUIRE(session.flows(MediaKind::video, 10));
    REQUIRE(session.flows(MediaKind::audio, 10));
}

TEST_CASE("a sender that picks the second codec of the answer is received") {
    OpenSession session;
    connectWithTwoCodecs(session);
    CHECK(session.receiver.sinks->of(MediaKind::video)->encoding == "VP8");
}

TEST_CASE("a sender may change its codec, and change it back") {
    OpenSession session;
    connectWithTwoCodecs(session);
    const auto chain = session.wayIn();
    std::uint16_t sequence = 0;
    const auto send = [&](unsigned payloadType) {
        for (int i = 0; i < 10; ++i)
            gst_pad_chain(chain.get(), makePacket(4711, ++sequence, payloadType));
    };
    const auto arrived = [&](std::size_t pad, std::uint64_t buffers) {
        return session.loop.runUntil(
            [&] {
                const auto all = session.receiver.sinks->all();
                return all.size() > pad && all[pad]->buffers == buffers;
            },
            5s);
    };
    send(96);
    REQUIRE(arrived(2, 10));
    send(102);
    REQUIRE(arrived(3, 10));
    send(96);
    CHECK(arrived(2, 20));
    send(102);
    CHECK(arrived(3, 20));
    CHECK(session.receiver.sinks->all().size() == 4);
    CHECK(session.receiver.sinks->all()[3]->encoding == "H264");
    CHECK(session.receiver.gone.empty());
}

TEST_CASE("B-frames are presented when their timestamps say, and decoded in the order they came") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    constexpr std::uint32_t ssrc = 4711;
    gst_pad_chain(chain.get(), makePacket(ssrc, 1));
    REQUIRE(session.loop.runUntil([&] { return session.receiver.sinks->all().size() == 3; }, 5s));
    struct Times {
        std::mutex mutex;
        std::vector<GstClockTime> presentation, decoding;
    };
    const auto times = std::make_shared<Times>();
    const gst::PadProbe probe(session.pads[ssrc].get(), GST_PAD_PROBE_TYPE_BUFFER,
                              [times](GstPadProbeInfo* info) {
                                  const GstBuffer* buffer = gst_pad_probe_info_get_buffer(info);
                                  const std::lock_guard lock(times->mutex);
                                  times->presentation.push_back(GST_BUFFER_PTS(buffer));
                                  times->decoding.push_back(GST_BUFFER_DTS(buffer));
                                  return GST_PAD_PROBE_OK;
                              });
    std::uint16_t sequence = 1;
    for (const std::uint32_t frame : {1U, 4U, 2U, 3U, 7U, 5U, 6U}) {
        // As a live encoder does: what others refer to is not there earlier than it is captured.
        if (frame == 4 || frame == 7) pauseFor(120ms);
        gst_pad_chain(chain.get(), makePacket(ssrc, ++sequence, 96, frame * 3600));
    }
    const auto count = [&] {
        const std::lock_guard lock(times->mutex);
        return times->presentation.size();
    };
    REQUIRE(session.loop.runUntil([&] { return count() == 7; }, 5s));
    std::vector<GstClockTime> since;
    for (const GstClockTime time : times->presentation)
        since.push_back((time - times->presentation.front()) / GST_MSECOND);
    CHECK(since == std::vector<GstClockTime>{0, 120, 40, 80, 240, 160, 200});
    for (std::size_t i = 0; i < 7; ++i) {
        CHECK(times->decoding[i] <= times->presentation[i]);
        CHECK((i == 0 || times->decoding[i] > times->decoding[i - 1]));
    }
}

TEST_CASE("a stream that said goodbye is back with its next packet, not with one from before") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    constexpr std::uint32_t ssrc = 4711;
    const auto send = [&](std::uint16_t sequence) { gst_pad_chain(chain.get(), makePacket(ssrc, sequence)); };
    const auto arrived = [&](std::uint64_t buffers) {
        return session.loop.runUntil(
            [&] {
                const auto all = session.receiver.sinks->all();
                return all.size() == 3 && all[2]->buffers == buffers;
            },
            5s);
    };
    std::uint16_t sequence = 0;
    for (std::size_t time = 1; time <= 3; ++time) {
        const std::uint64_t before = 6 * (time - 1);
        for (int i = 0; i < 5; ++i)
            send(++sequence);
        REQUIRE(arrived(before + 5));
        send(static_cast<std::uint16_t>(sequence + 2)); // waits for the one before
        session.sayGoodbye(ssrc);
        CHECK(session.loop.runUntil([&] { return session.receiver.gone.size() == time; }, 5s));
        send(static_cast<std::uint16_t>(sequence + 1));
        sequence = static_cast<std::uint16_t>(sequence + 3);
        send(sequence);
        CHECK(arrived(before + 6));
    }
    CHECK(session.receiver.gone == std::vector<std::uint32_t>(3, ssrc));
    CHECK(session.flows(MediaKind::audio, 10));
}

TEST_CASE("reports of the sender come to rtpbin, so that ours say when they came") {
    OpenSession session;
    session.connect();
    const SentRtcp answers(session, [](const rtp::RtcpPacket& packet) {
        // RFC 3550 section 6.4.2: LSR is the fifth word of a report block.
        return packet.type == rtp::RtcpType::receiverReport && packet.body.size() >= 28 &&
               readU32(&packet.body[20]) != 0;
    });
    CHECK(session.loop.runUntil([&] { return answers.count() > 0; }, 15s));
}

TEST_CASE("the sender gets transport-wide feedback") {
    OpenSession session;
    session.connect();
    const SentRtcp feedback(session, [](const rtp::RtcpPacket& packet) {
        return packet.type == rtp::RtcpType::transportFeedback && packet.count == 15;
    });
    CHECK(session.loop.runUntil([&] { return feedback.count() >= 3; }, 5s));
}

TEST_CASE("each wish for a keyframe leaves within 100 ms, also soon after another") {
    OpenSession session;
    session.connect();
    const SentRtcp asked(session, [](const rtp::RtcpPacket& packet) {
        const auto said = rtp::readFeedback(packet.whole);
        return std::any_of(said.begin(), said.end(),
                           [](const auto& one) { return std::holds_alternative<rtp::KeyframeWanted>(one); });
    });
    for (int wish = 1; wish <= 6; ++wish) {
        const int before = asked.count();
        gst_pad_send_event(session.pad(MediaKind::video).get(),
                           gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
        CHECK(session.loop.runUntil([&] { return asked.count() > before; }, 100ms));
        nothingComes(session.loop, 300ms);
    }
}

TEST_CASE("a lost packet is asked for again, and is sent again") {
    OpenSession session;
    session.connect();
    auto dropped = std::make_shared<std::atomic<int>>(0);
    auto resent = std::make_shared<std::atomic<int>>(0);
    const gst::PadProbe probe(session.decrypted().get(), GST_PAD_PROBE_TYPE_BUFFER,
                              [=](GstPadProbeInfo* info) {
                                  const Header header = readHeader(info);
                                  if (header.type == 97) ++*resent;
                                  if (header.type != 96 || header.sequence % 16 != 0) return GST_PAD_PROBE_OK;
                                  ++*dropped;
                                  return GST_PAD_PROBE_DROP;
                              });
    REQUIRE(session.loop.runUntil([&] { return *dropped >= 3 && *resent >= 3; }, 10s));
}

/// Counts what of that SSRC goes through rtpssrcdemux.
struct Detours {
    Detours(const OpenSession& session, std::uint32_t ssrc)
        : probe(session.inside("rtpssrcdemux", "sink").get(), GST_PAD_PROBE_TYPE_BUFFER,
                [ssrc, count = count](GstPadProbeInfo* info) {
                    const gst::BufferMap packet(gst_pad_probe_info_get_buffer(info));
                    if (rtp::readPacket(packet.bytes())->ssrc == ssrc) ++*count;
                    return GST_PAD_PROBE_OK;
                }) {}

    std::shared_ptr<std::atomic<int>> count = std::make_shared<std::atomic<int>>(0);
    gst::PadProbe probe;
};

TEST_CASE("packets of a stream that has begun go straight to its jitter buffer, but one in a second") {
    OpenSession session;
    session.connect();
    constexpr std::uint32_t ssrc = 4711;
    const Detours detours(session, ssrc);
    const auto chain = session.wayIn();
    std::uint16_t sequence = 0;
    const auto send = [&](GstClockTime arrival, unsigned payloadType = 96) {
        GstBuffer* packet = makePacket(ssrc, ++sequence, payloadType);
        GST_BUFFER_PTS(packet) = arrival;
        gst_pad_chain(chain.get(), packet);
    };
    // The publisher's own packets take the present second, these some that are yet to come.
    for (GstClockTime second = 3600; second < 3603; ++second)
        for (GstClockTime i = 0; i < 10; ++i)
            send(second * GST_SECOND + i * GST_MSECOND);
    REQUIRE(session.loop.runUntil([&] { return session.receiver.sinks->all().size() == 3; }, 5s));
    CHECK(session.receiver.sinks->all()[2]->buffers == 30);
    CHECK(*detours.count == 3);
}

TEST_CASE("a retransmission that has the SSRC of its stream does not pass as a packet of it") {
    OpenSession session;
    session.connect();
    constexpr std::uint32_t ssrc = 4711;
    const auto chain = session.wayIn();
    std::uint16_t sequence = 0;
    const auto send = [&](unsigned payloadType) {
        gst_pad_chain(chain.get(), makePacket(ssrc, ++sequence, payloadType));
    };
    send(96);
    REQUIRE(session.loop.runUntil([&] { return session.receiver.sinks->all().size() == 3; }, 5s));
    for (int i = 0; i < 3; ++i)
        send(97); // nobody asked for it
    CHECK(session.receiver.sinks->all()[2]->buffers == 1);
    CHECK(session.receiver.sinks->all().size() == 3);
}

TEST_CASE("what no retransmission brings back is counted as lost") {
    OpenSession session;
    session.connect();
    const gst::PadProbe probe(
        session.decrypted().get(), GST_PAD_PROBE_TYPE_BUFFER, [=](GstPadProbeInfo* info) {
            const Header header = readHeader(info);
            const bool gone = header.type == 97 || (header.type == 96 && header.sequence % 16 == 0);
            return gone ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
        });
    const std::uint32_t ssrc = session.receiver.sinks->of(MediaKind::video)->ssrc;
    CHECK(session.loop.runUntil([&] { return session.receiver.peer->lostPackets(ssrc) >= 2; }, 10s));
    CHECK(session.receiver.peer->lostPackets(12345) == 0);
}

TEST_CASE("the end of one stream is told once, does not pass, and leaves the other alone") {
    OpenSession session;
    session.connect();
    const auto pad = session.pad(MediaKind::video);
    auto ends = std::make_shared<std::atomic<int>>(0);
    const auto sink = gst::Ref<GstPad>::adopt(gst_pad_get_peer(pad.get()));
    const gst::PadProbe probe(sink.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, [ends](GstPadProbeInfo* info) {
        if (GST_EVENT_TYPE(gst_pad_probe_info_get_event(info)) == GST_EVENT_EOS) ++*ends;
        return GST_PAD_PROBE_OK;
    });
    // As webrtcbin does when a line goes inactive.
    const auto exposed = session.exposed(MediaKind::video, 96);
    REQUIRE(exposed);
    const auto inner = gst::Ref<GstPad>::adopt(gst_pad_get_peer(exposed.get()));
    gst_pad_send_event(inner.get(), gst_event_new_eos());
    REQUIRE(session.loop.runUntil([&] { return !session.receiver.gone.empty(); }, 5s));
    CHECK(session.flows(MediaKind::audio, 50));
    CHECK(session.receiver.gone == std::vector{session.receiver.sinks->of(MediaKind::video)->ssrc});
    CHECK(*ends == 0);
    CHECK_FALSE(session.flows(MediaKind::video, 1, 300ms));
    CHECK_FALSE(session.receiver.lost);
}

TEST_CASE("forgotten streams leave nothing, and are new ones when they send again") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    constexpr std::uint32_t first = 4711;
    constexpr std::uint32_t count = 8;
    const LeakGuard guard;
    const auto send = [&](std::uint16_t sequence) {
        for (std::uint32_t ssrc = first; ssrc < first + count; ++ssrc)
            for (std::uint16_t i = 0; i < 10; ++i)
                gst_pad_chain(chain.get(), makePacket(ssrc, static_cast<std::uint16_t>(sequence + i)));
    };
    const auto streams = [&] { return session.receiver.sinks->all().size(); };
    const std::size_t parts = session.parts();
    send(1);
    REQUIRE(session.loop.runUntil([&] { return streams() == 2 + count; }, 5s));
    CHECK(guard.left().empty()); // none has a thread of its own
    for (std::uint32_t ssrc = first; ssrc < first + count; ++ssrc) {
        const std::lock_guard lock(session.mutex);
        const auto pad = std::move(session.pads[ssrc]);
        const auto sink = gst::Ref<GstPad>::adopt(gst_pad_get_peer(pad.get()));
        gst_pad_unlink(pad.get(), sink.get());
        REQUIRE(session.receiver.peer->forgetSsrc(ssrc));
    }
    CHECK(session.parts() == parts);
    send(100);
    CHECK(session.loop.runUntil([&] { return streams() == 2 + 2 * count; }, 5s));
    CHECK(session.flows(MediaKind::audio, 10));
}

/// Holds up the first new jitter buffer, under the lock of its RTP session and before any handler, and then
/// has webrtcbin set descriptions, under its own lock.
struct HeldUp {
    explicit HeldUp(gst::Ref<GstElement> element)
        : webrtcbin(std::move(element)) {
        g_signal_add_emission_hook(g_signal_lookup("new-jitterbuffer", g_type_from_name("GstRtpBin")), 0, run,
                                   this, nullptr);
    }

    static gboolean run(GSignalInvocationHint*, guint, const GValue*, gpointer self) {
        auto& held = *static_cast<HeldUp*>(self);
        held.begun.store(true);
        pauseFor(100ms);
        held.setDescriptions();
        pauseFor(200ms);
        return FALSE;
    }
    void setDescriptions() const {
        for (const std::string side : {"remote", "local"}) {
            GstWebRTCSessionDescription* present = nullptr;
            g_object_get(webrtcbin.get(), (side + "-description").c_str(), &present, nullptr);
            g_signal_emit_by_name(webrtcbin.get(), ("set-" + side + "-description").c_str(), present,
                                  nullptr);
            gst_webrtc_session_description_free(present);
        }
    }

    gst::Ref<GstElement> webrtcbin;
    std::atomic<bool> begun{false};
};

TEST_CASE("a stream comes, another is forgotten and a description is set at once, and all goes on") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    const auto streams = [&] { return session.receiver.sinks->all().size(); };
    constexpr std::uint32_t former = 4711;
    gst_pad_chain(chain.get(), makePacket(former, 1));
    REQUIRE(session.loop.runUntil([&] { return streams() == 3; }, 5s));
    HeldUp held(session.webrtcbin());
    std::thread sender([&] { gst_pad_chain(chain.get(), makePacket(former + 1, 1)); });
    REQUIRE(session.loop.runUntil([&] { return held.begun.load(); }, 5s));
    CHECK(session.receiver.peer->forgetSsrc(former));
    CHECK(session.loop.runUntil([&] { return streams() == 4; }, 5s));
    CHECK(session.flows(MediaKind::video, 10));
    sender.join();
}

TEST_CASE("a stream may go on sending while it is forgotten") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    constexpr std::uint32_t ssrc = 4711;
    std::atomic<bool> done{false};
    std::atomic<GstFlowReturn> worst{GST_FLOW_OK};
    std::thread sender([&] {
        for (std::uint16_t sequence = 1; !done.load(); ++sequence)
            if (const auto flow = gst_pad_chain(chain.get(), makePacket(ssrc, sequence)); flow != GST_FLOW_OK)
                worst.store(flow);
    });
    const auto streams = [&] { return session.receiver.sinks->all().size(); };
    for (std::size_t time = 1; time <= 100 && worst.load() == GST_FLOW_OK; ++time) {
        CHECK(session.loop.runUntil([&] { return streams() == 2 + time; }, 5s));
        CHECK(session.receiver.peer->forgetSsrc(ssrc));
    }
    done.store(true);
    sender.join();
    CHECK(worst.load() == GST_FLOW_OK);
    CHECK(session.flows(MediaKind::video, 10));
    CHECK_FALSE(session.receiver.lost);
}

TEST_CASE("a peer that makes up SSRCs is ended") {
    OpenSession session;
    session.connect();
    const auto chain = session.wayIn();
    for (std::uint32_t ssrc = 1; ssrc <= 30 && !session.receiver.lost; ++ssrc) {
        for (std::uint16_t sequence = 1; sequence < 4; ++sequence)
            gst_pad_chain(chain.get(), makePacket(ssrc, sequence));
        turn(session.loop, 5ms);
    }
    REQUIRE(session.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 5s));
    CHECK(*session.receiver.lost == LostCause::signalling);
    CHECK(session.receiver.sinks->all().size() <= 16);
}
