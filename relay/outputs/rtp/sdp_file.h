// The session description of a subscription's streams (RFC 8866), for players that cannot ask: rewritten,
// in one step, whenever it changes. It stays when the subscription ends. Owner: the subscription's senders.
// Output loop thread.
#pragma once

#include "relay/net/socket_address.h"
#include "relay/rtp/format.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace spillway::relay {

struct SdpStream {
    rtp::Format format;
    SocketAddress address; ///< with the port that RTP goes to
    std::uint16_t port = 0;
    std::uint32_t ssrc = 0;
    std::string title; ///< the track's name
    std::string cname;
};

class SdpFile {
  public:
    /// An empty path writes nothing.
    SdpFile(std::filesystem::path path, std::string session);

    /// The stream of that slot, in the place of the one before. Returns what went wrong, naming the file, or
    /// nothing.
    std::string set(std::uint32_t slot, const SdpStream& stream);

  private:
    std::string text(const SdpStream& newest) const;

    std::filesystem::path path_;
    std::string session_;
    std::uint32_t id_;
    std::uint64_t version_ = 0;
    std::map<std::uint32_t, std::string> media_; ///< by slot: the lines from m= on
    bool written_ = true;                        ///< the file matches media_
};

} // namespace spillway::relay
