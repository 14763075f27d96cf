#include "relay/gst/element.h"
#include "relay/gst/probe.h"
#include "relay/peer/srtp_contexts.h"

#include "support/catch.h"

#include <malloc.h>
#include <srtp2/srtp.h>

#include <array>
#include <atomic>
#include <cstdint>

#ifdef __SANITIZE_ADDRESS__
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // its header is not packaged with GCC
#endif

using namespace spillway;
using relay::SrtpContexts;

namespace {

constexpr std::uint32_t rolledOver = 0xFF000000; ///< this SSRC and all above have rolled over once
constexpr std::uint32_t others = 1000;           ///< and those that follow, which nobody asks about

constexpr std::uint32_t rolloverOf(std::uint32_t ssrc) {
    return ssrc >= rolledOver ? 1 : 0;
}

std::array<std::uint8_t, 30> masterKey() {
    std::array<std::uint8_t, 30> key{};
    key.fill(7);
    return key;
}

/// In use, by the allocator's own account.
std::size_t allocatedBytes() {
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/// As dtlssrtpdec answers: the same key for every SSRC.
GstCaps* onRequestKey(GstElement*, guint ssrc, gpointer) {
    const auto bytes = masterKey();
    const auto key = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
    gst_buffer_fill(key.get(), 0, bytes.data(), bytes.size());
    return gst_caps_new_simple("application/x-srtp", "srtp-key", GST_TYPE_BUFFER, key.get(), "srtp-cipher",
                               G_TYPE_STRING, "aes-128-icm", "srtp-auth", G_TYPE_STRING, "hmac-sha1-80",
                               "srtcp-cipher", G_TYPE_STRING, "aes-128-icm", "srtcp-auth", G_TYPE_STRING,
                               "hmac-sha1-80", "roc", G_TYPE_UINT, rolloverOf(ssrc), nullptr);
}

/// An SRTP packet as libsrtp makes it.
GstBuffer* protect(std::uint32_t ssrc, std::uint16_t sequence) {
    std::array<std::uint8_t, 60 + SRTP_MAX_TRAILER_LEN> packet{0x80, 96};
    GST_WRITE_UINT16_BE(packet.data() + 2, sequence);
    GST_WRITE_UINT32_BE(packet.data() + 8, ssrc);
    auto key = masterKey();
    srtp_policy_t policy{};
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc = {ssrc_specific, ssrc};
    policy.key = key.data();
    srtp_t session = nullptr;
    REQUIRE(srtp_create(&session, &policy) == srtp_err_status_ok);
    srtp_set_stream_roc(session, ssrc, rolloverOf(ssrc));
    int size = 60;
    REQUIRE(srtp_protect(session, packet.data(), &size) == srtp_err_status_ok);
    srtp_dealloc(session);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, static_cast<gsize>(size), nullptr);
    gst_buffer_fill(buffer, 0, packet.data(), static_cast<gsize>(size));
    return buffer;
}

/// A real srtpdec, and what it lets through.
class Decoder {
  public:
    Decoder()
        : bin_(gst::Ref<GstElement>::sink(gst_pipeline_new(nullptr)))
        , srtpdec_(gst::makeElement("srtpdec"))
        , contexts(bin_.get()) {
        gst::addTo(bin_.get(), srtpdec_);
        const auto sink = gst::makeElement("fakesink");
        g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
        gst::addTo(bin_.get(), sink);
        gst_element_link_pads(srtpdec_.get(), "rtp_src", sink.get(), "sink");
        g_signal_connect(srtpdec_.get(), "request-key", reinterpret_cast<GCallback>(onRequestKey), nullptr);
        input_ = gst::staticPad(srtpdec_.get(), "rtp_sink");
        passed_ = gst::PadProbe(gst::staticPad(sink.get(), "sink").get(), GST_PAD_PROBE_TYPE_BUFFER,
                                [this](GstPadProbeInfo*) {
                                    passedCount_.fetch_add(1);
                                    return GST_PAD_PROBE_OK;
                                });
        gst_element_set_state(bin_.get(), GST_STATE_PLAYING);
        gst_pad_send_event(input_.get(), gst_event_new_stream_start("test"));
        const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-srtp"));
        gst_pad_send_event(input_.get(), gst_event_new_caps(caps.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_send_event(input_.get(), gst_event_new_segment(&segment));
    }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() { gst_element_set_state(bin_.get(), GST_STATE_NULL); }

    /// Whether the packet gets through: a context lets each number pass once.
    bool passes(std::uint32_t ssrc, std::uint16_t sequence = 1) {
        const int before = passedCount_.load();
        gst_pad_chain(input_.get(), protect(ssrc, sequence));
        return passedCount_.load() > before;
    }
    /// Makes a context for each of `count` SSRCs and retires them.
    void retireOthers(std::uint32_t first, std::size_t count) {
        for (std::uint32_t ssrc = first; ssrc < first + count; ++ssrc) {
            REQUIRE(passes(ssrc));
            contexts.retire(ssrc);
        }
    }
    /// A packet of somebody who stays: what is due is freed before it.
    void turn() { passes(others - 1, ++turns_); }
    std::size_t count() const {
        GstStructure* stats = nullptr;
        g_object_get(srtpdec_.get(), "stats", &stats, nullptr);
        const std::size_t streams = gst_value_array_get_size(gst_structure_get_value(stats, "streams"));
        gst_structure_free(stats);
        return streams;
    }

  private:
    gst::Ref<GstElement> bin_;
    gst::Ref<GstElement> srtpdec_;
    gst::Ref<GstPad> input_;
    gst::PadProbe passed_;
    std::atomic<int> passedCount_{0};
    std::uint16_t turns_ = 0;

  public:
    SrtpContexts contexts;
};

} // namespace

TEST_CASE(
    "the context of an SSRC that nobody uses any more is freed as a whole, and made again when it returns") {
    Decoder decoder;
    constexpr std::uint32_t gone = 0x01020304;
    REQUIRE(decoder.passes(gone));
    REQUIRE_FALSE(decoder.passes(gone)); // a replay
    decoder.contexts.retire(gone);
    decoder.retireOthers(others, SrtpContexts::kept - 1);
    decoder.turn();
    REQUIRE_FALSE(decoder.passes(gone)); // among those kept
    const std::size_t before = decoder.count();
    decoder.retireOthers(others + SrtpContexts::kept, 1);
    decoder.turn();
    CHECK(decoder.count() == before); // one more, one less, and none for the mirrored number
    CHECK(decoder.passes(gone));
    CHECK_FALSE(decoder.passes(gone));
    CHECK(decoder.passes(0x04030201));
}

TEST_CASE("the contexts of a room are bounded however many SSRCs pass through it") {
    Decoder decoder;
    const auto pass = [&](std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t ssrc = first; ssrc < first + count; ++ssrc) {
            decoder.retireOthers(ssrc, 1);
            decoder.turn();
        }
        return allocatedBytes();
    };
    const std::size_t early = pass(others, 300);
    const std::size_t late = pass(others + 300, 1000);
    CHECK(decoder.count() == SrtpContexts::kept + 1);
    CHECK(late < early + std::size_t{1000} * 200);
}

TEST_CASE("an SSRC that is used again in time keeps its context") {
    Decoder decoder;
    REQUIRE(decoder.passes(7));
    decoder.contexts.retire(7);
    decoder.contexts.revive(7);
    decoder.retireOthers(others, SrtpContexts::kept + 10);
    decoder.turn();
    CHECK_FALSE(decoder.passes(7));
}

TEST_CASE("a context that rolled over outlives those that did not, within a bound of its own") {
    Decoder decoder;
    REQUIRE(decoder.passes(rolledOver));
    decoder.contexts.retire(rolledOver);
    decoder.retireOthers(others, SrtpContexts::kept + 500);
    decoder.turn();
    CHECK_FALSE(decoder.passes(rolledOver));
    decoder.retireOthers(rolledOver + 1, SrtpContexts::kept + SrtpContexts::keptRolledOver);
    decoder.turn();
    CHECK(decoder.passes(rolledOver));
}
