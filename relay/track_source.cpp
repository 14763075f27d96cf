#include "relay/track_source.h"

#include <spdlog/spdlog.h>

namespace spillway::relay {

namespace {

struct Sleeper {
    std::weak_ptr<TrackSource> source;
    std::function<GstPadProbeReturn(TrackSource&)> onLate;
};

GstPadProbeReturn onSleeping(GstPad*, GstPadProbeInfo*, gpointer data) noexcept {
    auto* sleeper = static_cast<Sleeper*>(data);
    const auto source = sleeper->source.lock();
    return source ? sleeper->onLate(*source) : GST_PAD_PROBE_DROP;
}

void deleteSleeper(gpointer data) noexcept {
    delete static_cast<Sleeper*>(data);
}

} // namespace

TrackSource::TrackSource(const IncomingPad& incoming, OnInput onInput)
    : pad_(gst::Ref<GstPad>::retain(incoming.pad))
    , pipeline_(gst::Ref<GstElement>::retain(incoming.pipeline))
    , mid_(incoming.mid)
    , ssrc_(incoming.ssrc)
    , kind_(incoming.kind)
    , onInput_(std::move(onInput)) {}

void TrackSource::start(const IncomingPad& incoming, OnInput onInput) {
    const std::shared_ptr<TrackSource> source(new TrackSource(incoming, std::move(onInput)));
    source->makeInput();
}

void TrackSource::makeInput() {
    onInput_(shared_from_this(), std::make_unique<TrackInput>(pad_.get(), pipeline_.get(), kind_));
}

void TrackSource::sleep(Wake wake) {
    wakeOnPacket_.store(wake == Wake::onPacket);
    if (asleep_.exchange(true)) return;
    constexpr auto data =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    auto* sleeper = new Sleeper{weak_from_this(), [](TrackSource& self) { return self.onLate(); }};
    gst_pad_add_probe(pad_.get(), data, onSleeping, sleeper, deleteSleeper);
}

GstPadProbeReturn TrackSource::onLate() {
    // The old incarnation is still linked until its last packet has left it.
    if (!wakeOnPacket_.load() || gst_pad_is_linked(pad_.get())) return GST_PAD_PROBE_DROP;
    // Awake before the loop hears of it: it may put the source to sleep again at once.
    asleep_.store(false);
    try {
        makeInput();
    } catch (const std::exception& error) {
        spdlog::error("a track cannot be taken up again ssrc={} error=\"{}\"", ssrc_, error.what());
        asleep_.store(true);
        return GST_PAD_PROBE_DROP;
    }
    return GST_PAD_PROBE_REMOVE;
}

} // namespace spillway::relay
