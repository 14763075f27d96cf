// The session description of a subscription's streams (RFC 8866), for players that cannot ask: rewritten,
// in one step, whenever it changes. It stays when the subscription ends. Written aside, because a file system
// may not answer, and what could not be written is tried again when problem() is asked. Owner: the
// subscription's senders. Output loop thread.
#pragma once

#include "relay/net/socket_address.h"
#include "relay/rtp/format.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
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
    SdpFile(const std::filesystem::path& path, std::string session);

    /// The stream of that slot, in the place of the one before.
    void set(std::uint32_t slot, const SdpStream& stream);
    /// Why the file is not as it should be, naming it; nothing while it is, or is being written.
    std::string problem();

  private:
    class Writer;
    std::string text(const SdpStream& newest) const;

    std::shared_ptr<Writer> writer_; ///< null without a path
    std::string session_;
    std::uint32_t id_;
    std::uint64_t version_ = 0;
    std::map<std::uint32_t, std::string> media_; ///< by slot: the lines from m= on
};

} // namespace spillway::relay
