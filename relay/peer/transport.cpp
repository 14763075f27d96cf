#include "relay/peer/transport.h"

#include "relay/dtls/fingerprint.h"
#include "relay/dtls/identity.h"
#include "relay/gst/bin.h"
#include "relay/gst/element.h"
#include "relay/peer/rtpbin.h"

#include <gst/webrtc/webrtc.h>

#include <mutex>
#include <vector>

namespace spillway::relay {

namespace {

/// Values of the property `connection-state` of dtlssrtpdec, whose enum has no header.
enum DtlsState { dtlsNew, dtlsClosed, dtlsFailed, dtlsConnecting, dtlsConnected };

std::string stringProperty(GstElement* element, const char* name) {
    gchar* value = nullptr;
    g_object_get(element, name, &value, nullptr);
    std::string text(value ? value : "");
    g_free(value);
    return text;
}

/// Whether it is where webrtcbin receives; dtlssrtpdec is the first that it adds there.
bool receives(GstBin* bin) {
    return !gst::elementsOf(gst::cast<GstElement>(bin), "dtlssrtpdec").empty();
}

/// webrtcbin's queue in front of dtlssrtpdec drops what is oldest until ICE is connected, and from then on
/// makes whoever pushes wait (1.22 to 1.26). That may be the thread of all publishers, or the one that takes
/// the answers to our checks: it is to drop always.
gst::SignalConnection keepDropping(GstElement* queue) {
    return gst::SignalConnection::connect<void(GParamSpec*)>(queue, "notify::leaky", [queue](GParamSpec*) {
        constexpr gint oldest = 2; // of GstQueueLeaky, which has no header
        gint leaky = 0;
        g_object_get(queue, "leaky", &leaky, nullptr);
        if (leaky != oldest) g_object_set(queue, "leaky", oldest, nullptr);
    });
}

/// Links what is in front of an element with what is behind it; the element stays in NULL, without a thread.
void takeOut(GstElement* element) {
    const auto before = gst::peerPad(element, "sink");
    const auto behind = gst::peerPad(element, "src");
    if (!before || !behind) return;
    gst_pad_unlink(before.get(), gst::staticPad(element, "sink").get());
    gst_pad_unlink(gst::staticPad(element, "src").get(), behind.get());
    gst_element_set_locked_state(element, TRUE);
    gst_pad_link_full(before.get(), behind.get(), GST_PAD_LINK_CHECK_NOTHING);
}

/// nicesrc stays, without anybody behind it. Another transport's is not replaced; it is of no use.
void replaceSource(GstElement* nicesrc, const gst::Ref<GstElement>& source) {
    const auto former = gst::staticPad(nicesrc, "src");
    const auto behind = gst::peerPad(nicesrc, "src");
    const auto parentOf = [](GstElement* element) {
        return gst::Ref<GstObject>::adopt(gst_object_get_parent(gst::cast<GstObject>(element)));
    };
    gst::dropDataForever(former.get());
    if (parentOf(source.get())) return;
    const auto bin = parentOf(nicesrc);
    gst_pad_unlink(former.get(), behind.get());
    gst::addTo(gst::cast<GstElement>(bin.get()), source);
    gst_pad_link_full(gst::staticPad(source.get(), "src").get(), behind.get(), GST_PAD_LINK_CHECK_NOTHING);
    gst_element_sync_state_with_parent(source.get());
}

void setCertificate(GstElement* decoder) {
    g_object_set(decoder, "pem", dtls::ourIdentity().pem().c_str(), nullptr);
}

/// GStreamer caches a parsed certificate while some element uses it, and dropping the last user races with
/// the next. One element keeps it for the life of the process.
void identify(GstElement* decoder) {
    [[maybe_unused]] static GstElement* const kept = [] {
        GstElement* element = gst::makeElement("dtlsdec").release();
        setCertificate(element);
        return element;
    }();
    setCertificate(decoder);
}

} // namespace

struct PeerTransport::Shared {
    PeerTransport& owner; ///< only inside what is posted
    Poster post;
    const std::shared_ptr<Decryption> decryption;
    const std::shared_ptr<ReceiveGate> gate;
    const gst::Ref<GstElement> source; ///< null: webrtcbin's own stays
    GstElement* const rtpbin;          ///< of webrtcbin, which owns it

    std::mutex mutex; ///< protects what follows; never held while calling out
    std::optional<sdp::Fingerprint> expected;
    bool handshaking = false; ///< CLOSED before that is only the initial state
    std::vector<gst::SignalConnection> connections;

    Shared(PeerTransport& transport, Poster poster, std::shared_ptr<Decryption> ofMedia,
           gst::Ref<GstElement> newSource, GstElement* webrtcbin)
        : owner(transport)
        , post(std::move(poster))
        , decryption(std::move(ofMedia))
        , gate(decryption->gate())
        , source(std::move(newSource))
        , rtpbin(rtpbinOf(webrtcbin).get()) {}

    void lost(LostCause cause, std::string detail) {
        post([&transport = owner, cause, detail = std::move(detail)] {
            transport.events_.onLost(cause, detail);
        });
    }

    /// On the thread that adds the element, before data can reach it.
    static void watch(const std::shared_ptr<Shared>& self, GstElement* element);
    static void watchQueue(const std::shared_ptr<Shared>& self, GstElement* queue);
    /// On the thread that receives, inside the TLS handshake.
    void onCertificate(GstElement* decoder);
    void onDtlsState(int state);
};

void PeerTransport::Shared::watch(const std::shared_ptr<Shared>& self, GstElement* decoder) {
    identify(decoder);
    const std::weak_ptr<Shared> weak = self;
    self->decryption->attach(decoder, self->rtpbin, [weak](std::string why) {
        if (const auto shared = weak.lock()) shared->lost(LostCause::dtls, std::move(why));
    });
    auto certificate = gst::SignalConnection::connect<void(GParamSpec*)>(
        decoder, "notify::peer-pem", [weak, decoder](GParamSpec*) {
            if (const auto shared = weak.lock()) shared->onCertificate(decoder);
        });
    auto state = gst::SignalConnection::connect<void(GParamSpec*)>(
        decoder, "notify::connection-state", [weak, decoder](GParamSpec*) {
            gint value = dtlsNew;
            g_object_get(decoder, "connection-state", &value, nullptr);
            if (const auto shared = weak.lock()) shared->onDtlsState(value);
        });
    const std::lock_guard lock(self->mutex);
    self->connections.push_back(std::move(certificate));
    self->connections.push_back(std::move(state));
}

void PeerTransport::Shared::watchQueue(const std::shared_ptr<Shared>& self, GstElement* queue) {
    auto leaky = keepDropping(queue);
    const std::lock_guard lock(self->mutex);
    self->connections.push_back(std::move(leaky));
}

void PeerTransport::Shared::onCertificate(GstElement* decoder) {
    std::optional<sdp::Fingerprint> wanted;
    {
        const std::lock_guard lock(mutex);
        wanted = expected;
    }
    const auto found =
        wanted ? dtls::fingerprintOf(stringProperty(decoder, "peer-pem"), wanted->hash) : std::nullopt;
    if (found && found == wanted) {
        gate->open();
        return;
    }
    gate->shut();
    lost(LostCause::fingerprint,
         found ? "the certificate is " + found->text() + ", the offer says " + wanted->text()
               : "there is no certificate to compare");
}

void PeerTransport::Shared::onDtlsState(int state) {
    bool wasHandshaking = false;
    {
        const std::lock_guard lock(mutex);
        wasHandshaking = handshaking;
        handshaking = handshaking || state == dtlsConnecting || state == dtlsConnected;
    }
    if (state == dtlsConnected && gate->isOpen())
        post([&transport = owner] { transport.events_.onConnected(); });
    else if (state == dtlsFailed)
        lost(LostCause::dtls, "the DTLS handshake failed");
    else if (state == dtlsClosed && wasHandshaking)
        lost(LostCause::dtls, "the peer closed the connection");
}

PeerTransport::PeerTransport(Loop& loop, GstElement* webrtcbin, std::shared_ptr<Decryption> decryption,
                             gst::Ref<GstElement> source, TransportEvents events)
    : events_(std::move(events)) {
    shared_ = std::make_shared<Shared>(*this, loop.poster(lifetime_), std::move(decryption),
                                       std::move(source), webrtcbin);
    elementAdded_ = gst::SignalConnection::connect<void(GstBin*, GstElement*)>(
        webrtcbin, "deep-element-added", [shared = shared_](GstBin* bin, GstElement* element) {
            if (gst::isMadeBy(element, "dtlssrtpdec")) Shared::watch(shared, element);
            if (!receives(bin)) return;
            if (gst::isMadeBy(element, "capsfilter")) takeOut(element);
            if (gst::isMadeBy(element, "queue")) Shared::watchQueue(shared, element);
            if (gst::isMadeBy(element, "nicesrc") && shared->source) replaceSource(element, shared->source);
        });
    iceState_ = gst::SignalConnection::connect<void(GParamSpec*)>(
        webrtcbin, "notify::ice-connection-state", [this, webrtcbin, post = shared_->post](GParamSpec*) {
            GstWebRTCICEConnectionState state = GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
            g_object_get(webrtcbin, "ice-connection-state", &state, nullptr);
            post([this, state] { onIceState(state); });
        });
}

PeerTransport::~PeerTransport() {
    elementAdded_.disconnect();
    iceState_.disconnect();
    std::vector<gst::SignalConnection> connections;
    const std::lock_guard lock(shared_->mutex);
    connections.swap(shared_->connections);
}

void PeerTransport::expect(sdp::Fingerprint fingerprint) {
    const std::lock_guard lock(shared_->mutex);
    shared_->expected = std::move(fingerprint);
}

void PeerTransport::onIceState(int state) {
    if (state == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED)
        events_.onLost(LostCause::ice, "no path to the peer works");
    else if (state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED ||
             state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED)
        events_.onIceConnected();
}

} // namespace spillway::relay
