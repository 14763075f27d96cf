#include "relay/outputs/rtp/sdp_file.h"

#include "relay/base/aside.h"
#include "relay/base/clock.h"
#include "relay/base/random.h"
#include "relay/base/replace_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

/// A disk that takes longer does not answer.
constexpr std::chrono::seconds patience{5};

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

} // namespace

/// Brings the newest text to the file; what was asked for meanwhile replaces what waits. Any thread.
class SdpFile::Writer : public std::enable_shared_from_this<Writer> {
  public:
    explicit Writer(std::filesystem::path path)
        : path_(std::move(path)) {}

    /// One for each path, also after one whose subscription has gone while its file system is silent: two
    /// would write to the same temporary file.
    static std::shared_ptr<Writer> of(const std::filesystem::path& path) {
        static std::mutex mutex; // protects writers
        static std::map<std::filesystem::path, std::weak_ptr<Writer>> writers;
        const std::lock_guard lock(mutex);
        std::erase_if(writers, [](const auto& known) { return known.second.expired(); });
        auto writer = writers[path].lock();
        if (!writer) writers[path] = writer = std::make_shared<Writer>(path);
        return writer;
    }

    void write(std::string text) {
        {
            const std::lock_guard lock(mutex_);
            wanted_ = std::move(text);
        }
        start();
    }

    std::string problem() {
        start();
        const std::lock_guard lock(mutex_);
        if (busySince_ && Clock::now() - *busySince_ > patience)
            return path_.string() + ": the file system does not answer";
        return problem_;
    }

  private:
    /// No effect while one is under way or nothing waits.
    void start() {
        const std::lock_guard lock(mutex_);
        if (busySince_ || !wanted_) return;
        try {
            startAside(path_, [self = shared_from_this()] { self->work(); });
            busySince_ = Clock::now();
        } catch (const std::exception& error) {
            problem_ = path_.string() + ": " + error.what();
        }
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (wanted_) {
            const std::string text = *std::exchange(wanted_, std::nullopt);
            lock.unlock();
            const int error = replaceFile(path_, text) ? 0 : errno;
            lock.lock();
            problem_ = error == 0 ? "" : path_.string() + ": " + std::generic_category().message(error);
            if (error == 0) continue;
            if (!wanted_) wanted_ = text;
            break;
        }
        busySince_.reset();
    }

    const std::filesystem::path path_;
    std::mutex mutex_; ///< protects the rest
    std::optional<std::string> wanted_;
    std::optional<Clock::time_point> busySince_;
    std::string problem_;
};

SdpFile::SdpFile(const std::filesystem::path& path, std::string session)
    : writer_(path.empty() ? nullptr : Writer::of(path))
    , session_(std::move(session))
    , id_(randomNumber<std::uint32_t>()) {}

void SdpFile::set(std::uint32_t slot, const SdpStream& stream) {
    std::string lines = mediaLines(stream);
    std::string& known = media_[slot];
    if (!writer_ || known == lines) return;
    known = std::move(lines);
    ++version_;
    writer_->write(text(stream));
}

std::string SdpFile::problem() {
    return writer_ ? writer_->problem() : std::string();
}

std::string SdpFile::text(const SdpStream& newest) const {
    std::string text = fmt::format("v=0\r\no=- {} {} {}\r\ns={}\r\nt=0 0\r\n", id_, version_,
                                   connection(newest.address), session_);
    for (const auto& [slot, lines] : media_)
        text += lines;
    return text;
}

} // namespace spillway::relay
