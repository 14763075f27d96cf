// DTLS that came before its path belonged to a session: libdatachannel begins its handshake with the first
// answered check, before it nominates. Otherwise the handshake would wait 1 s for the retransmission (RFC
// 6347 section 4.2.4.1).
//
// Comes in: such datagrams; of each path the latest stays, for half a second, in one of 16 places. Goes out:
// the datagram, once, when a session has the path. Whoever sends junk takes places and no more. Owner:
// SessionTable. Its thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/base/clock.h"
#include "relay/port/path.h"

#include <array>
#include <utility>
#include <vector>

namespace spillway::relay::port {

class EarlyDtls {
  public:
    static constexpr std::chrono::milliseconds lifetime{500};

    void keep(Bytes datagram, const Path& path, Clock::time_point now) {
        Kept& kept = placeOf(path);
        kept.datagram.assign(datagram.begin(), datagram.end());
        kept.path = path;
        kept.since = now;
    }
    /// Empty when there is none.
    std::vector<std::uint8_t> take(const Path& path, Clock::time_point now) {
        Kept& kept = placeOf(path);
        if (kept.datagram.empty() || kept.path != path || now - kept.since > lifetime) return {};
        return std::exchange(kept.datagram, {});
    }

  private:
    struct Kept {
        Path path;
        std::vector<std::uint8_t> datagram;
        Clock::time_point since{};
    };

    Kept& placeOf(const Path& path) { return kept_[PathHash()(path) % kept_.size()]; }

    std::array<Kept, 16> kept_{};
};

} // namespace spillway::relay::port
