#include "relay/outputs/rtp/sdp_file.h"

#include "relay/base/descriptor.h"
#include "relay/base/random.h"

#include <fmt/core.h>

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

std::string connection(const SocketAddress& address) {
    const bool six = address.family() == AF_INET6;
    // An IPv4 group has its time to live behind it (RFC 8866 section 5.7): 1 is what the kernel sends with.
    return fmt::format("IN IP{} {}{}", six ? 6 : 4, address.host(),
                       address.isMulticast() && !six ? "/1" : "");
}

std::string rtpMap(const rtp::Format& format) {
    const auto slash = format.encoding.find('/');
    const std::string channels = slash == std::string::npos ? "" : format.encoding.substr(slash);
    return fmt::format("{} {}/{}{}", format.payloadType, format.encoding.substr(0, slash), format.clockRate,
                       channels);
}

std::string mediaLines(const SdpStream& stream) {
    std::string text;
    auto out = std::back_inserter(text);
    const rtp::Format& format = stream.format;
    fmt::format_to(out, "m={} {} RTP/AVP {}\r\n", format.media, stream.port, format.payloadType);
    fmt::format_to(out, "i={}\r\n", stream.title);
    fmt::format_to(out, "c={}\r\n", connection(stream.address));
    fmt::format_to(out, "a=rtpmap:{}\r\n", rtpMap(format));
    if (!format.parameters.empty())
        fmt::format_to(out, "a=fmtp:{} {}\r\n", format.payloadType, format.parameters);
    fmt::format_to(out, "a=ssrc:{} cname:{}\r\n", stream.ssrc, stream.cname);
    return text;
}

bool writeAll(int file, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Readers see the old text or the new one. False with errno.
bool replaceFile(const std::filesystem::path& path, std::string_view text) {
    const std::string temporary = path.string() + ".new";
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file) return false;
    return writeAll(file.get(), text) && file.close() && std::rename(temporary.c_str(), path.c_str()) == 0;
}

} // namespace

SdpFile::SdpFile(std::filesystem::path path, std::string session)
    : path_(std::move(path))
    , session_(std::move(session))
    , id_(randomNumber<std::uint32_t>()) {}

std::string SdpFile::set(std::uint32_t slot, const SdpStream& stream) {
    std::string lines = mediaLines(stream);
    std::string& known = media_[slot];
    if (path_.empty() || (written_ && known == lines)) return {};
    known = std::move(lines);
    ++version_;
    written_ = replaceFile(path_, text(stream));
    if (written_) return {};
    return fmt::format("{}: {}", path_.string(), std::generic_category().message(errno));
}

std::string SdpFile::text(const SdpStream& newest) const {
    std::string text = fmt::format("v=0\r\no=- {} {} {}\r\ns={}\r\nt=0 0\r\n", id_, version_,
                                   connection(newest.address), session_);
    for (const auto& [slot, lines] : media_)
        text += lines;
    return text;
}

} // namespace spillway::relay
