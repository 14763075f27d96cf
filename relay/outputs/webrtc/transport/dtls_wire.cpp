#include "relay/outputs/webrtc/transport/dtls_wire.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spillway::relay::webrtc {

using openssl::Bio;
using openssl::BioMethod;
using openssl::require;

namespace {

extern "C" {

int onWrite(BIO* bio, const char* data, int bytes) noexcept {
    if (bytes <= 0) return 0;
    const auto* wire = static_cast<const DtlsWire*>(BIO_get_data(bio));
    wire->send({reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(bytes)});
    return bytes;
}

/// A datagram is read once; what does not fit is lost, as with a socket.
int onRead(BIO* bio, char* into, int room) noexcept {
    BIO_clear_retry_flags(bio);
    auto* wire = static_cast<DtlsWire*>(BIO_get_data(bio));
    const Bytes datagram = std::exchange(wire->incoming, {});
    if (datagram.empty() || room <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t bytes = std::min(datagram.size(), static_cast<std::size_t>(room));
    std::memcpy(into, datagram.data(), bytes);
    return static_cast<int>(bytes);
}

long onControl(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}
}

const BIO_METHOD* wireMethod() {
    static const BioMethod method = [] {
        BioMethod fresh(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams"));
        require(fresh && BIO_meth_set_write(fresh.get(), onWrite) == 1 &&
                    BIO_meth_set_read(fresh.get(), onRead) == 1 &&
                    BIO_meth_set_ctrl(fresh.get(), onControl) == 1,
                "BIO");
        return fresh;
    }();
    return method.get();
}

} // namespace

openssl::Bio makeBio(DtlsWire& wire) {
    Bio bio(BIO_new(wireMethod()));
    require(bio != nullptr, "BIO");
    BIO_set_data(bio.get(), &wire);
    BIO_set_init(bio.get(), 1);
    return bio;
}

} // namespace spillway::relay::webrtc
