// On the main path of every packet that comes in.
#include "relay/peer/shortcut.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/probe.h"
#include "relay/jitter/element.h"
#include "relay/rtp/packet.h"

#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::milliseconds longestPush{500}; // a first packet waits up to 100 ms for the loop
/// rtprtxreceive forgets a request for a retransmission that nobody answered when a packet comes by that is a
/// second younger; until then it holds up another stream's request for the same sequence number.
constexpr GstClockTime longestAway = GST_SECOND;

} // namespace

struct Shortcut::Stream {
    explicit Stream(GstElement* jitterBuffer)
        : element(gst::Ref<GstElement>::retain(jitterBuffer))
        , sink(gst::staticPad(jitterBuffer, "sink")) {}

    const gst::Ref<GstElement> element;
    const gst::Ref<GstPad> sink;
    std::timed_mutex pushing; ///< held during a push; protects the next
    bool removed = false;

    bool push(GstBuffer* buffer) {
        const std::lock_guard lock(pushing);
        if (removed) return false;
        gst_pad_chain(sink.get(), buffer); // refuses nothing, unless its pipeline stops
        return true;
    }
};

struct Shortcut::Table {
    std::mutex mutex; ///< protects what follows; never held while calling out
    std::unordered_map<std::uint32_t, std::shared_ptr<Stream>> streams; ///< by SSRC
    GstClockTime shown = 0; ///< to rtprtxreceive: when that packet arrived

    std::shared_ptr<Stream> find(std::uint32_t ssrc, GstClockTime arrived) {
        const std::lock_guard lock(mutex);
        if (GST_CLOCK_TIME_IS_VALID(arrived) && arrived >= shown + longestAway) {
            shown = arrived;
            return nullptr;
        }
        const auto found = streams.find(ssrc);
        return found == streams.end() ? nullptr : found->second;
    }

    /// Streaming thread. Whether it has taken the packet.
    bool take(GstBuffer* buffer) {
        const auto packet = rtp::readPacket(gst::BufferMap(buffer).bytes());
        const auto stream = packet ? find(packet->ssrc, GST_BUFFER_PTS(buffer)) : nullptr;
        return stream && jitter::knows(stream->element.get(), packet->payloadType) && stream->push(buffer);
    }
};

Shortcut::Shortcut()
    : table_(std::make_shared<Table>()) {}

Shortcut::~Shortcut() {
    std::unordered_map<std::uint32_t, std::shared_ptr<Stream>> streams;
    const std::lock_guard lock(table_->mutex);
    streams.swap(table_->streams);
}

void Shortcut::begin(GstPad* session) {
    const auto onPacket = [table = table_](GstPad*, GstPadProbeInfo* info) noexcept {
        const bool taken = table->take(gst_pad_probe_info_get_buffer(info));
        return taken ? GST_PAD_PROBE_HANDLED : GST_PAD_PROBE_OK;
    };
    gst::probeForever(session, GST_PAD_PROBE_TYPE_BUFFER, onPacket);
}

void Shortcut::add(std::uint32_t ssrc, GstElement* jitterBuffer) {
    auto stream = std::make_shared<Stream>(jitterBuffer);
    const std::lock_guard lock(table_->mutex);
    table_->streams[ssrc].swap(stream);
}

bool Shortcut::remove(std::uint32_t ssrc) {
    std::shared_ptr<Stream> stream;
    {
        const std::lock_guard lock(table_->mutex);
        const auto found = table_->streams.find(ssrc);
        if (found == table_->streams.end()) return true;
        stream = found->second;
    }
    const std::unique_lock passed(stream->pushing, longestPush);
    if (!passed) return false;
    stream->removed = true;
    const std::lock_guard lock(table_->mutex);
    table_->streams.erase(ssrc);
    return true;
}

} // namespace spillway::relay
