#include "relay/port/ice_exchange.h"

#include <array>

namespace spillway::relay::port {

namespace {

using Message = std::array<std::uint8_t, IceLite::maxMessage>;

void sendCheck(IceLite& ice, Sockets& sockets, const Path& path, Clock::time_point now) {
    Message message{};
    const std::size_t bytes = ice.check(path, now, message);
    if (bytes > 0) sockets.send(path, Bytes(message).first(bytes));
}

} // namespace

void exchange(IceLite& ice, Sockets& sockets, Bytes datagram, const Path& path, Clock::time_point now,
              const std::function<void()>& onSelected) {
    using CheckBack = IceLite::CheckBack;
    Message message{};
    const auto outcome = ice.receive(datagram, path, now, message);
    if (outcome.accepted) sockets.admit(path, ice.tag());
    if (outcome.selected) onSelected();
    if (outcome.checkBack == CheckBack::beforeReply) sendCheck(ice, sockets, path, now);
    if (outcome.reply > 0) sockets.send(path, Bytes(message).first(outcome.reply));
    if (outcome.checkBack == CheckBack::behindReply) sendCheck(ice, sockets, path, now);
}

void sendDueChecks(IceLite& ice, Sockets& sockets, Clock::time_point now) {
    while (const auto path = ice.due(now))
        sendCheck(ice, sockets, *path, now);
}

} // namespace spillway::relay::port
