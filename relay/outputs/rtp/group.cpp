#include "relay/outputs/rtp/group.h"

#include "relay/outputs/place.h"
#include "relay/outputs/rtp/sender.h"
#include "relay/outputs/rtp/slots.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

// A socket never makes anybody wait: more than a moment's worth of packets means that the machine is too
// busy, and old packets are of no use to a player.
constexpr QueueBounds videoBounds{2048, 4ULL * 1024 * 1024, std::chrono::seconds(1),
                                  QueuePolicy::dropToKeyframe};
constexpr QueueBounds audioBounds{256, 256ULL * 1024, std::chrono::seconds(1), QueuePolicy::dropOldest};

constexpr std::uint32_t lastPort = 65535;

void checkHost(const std::string& host) {
    const bool plausible =
        !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' ||
                   c == ':' || c == '%';
        });
    if (!plausible)
        throw std::runtime_error(fmt::format("\"{}\" is neither an address nor the name of a host", host));
}

void checkPorts(const config::RtpOutput& settings) {
    const std::uint32_t last = settings.port + 2 * settings.maxTracks - 1;
    if (settings.port == 0 || settings.maxTracks == 0 || last > lastPort)
        throw std::runtime_error(
            fmt::format("port {} and max_tracks {}: two ports for each of 1 or more tracks must "
                        "lie between 1 and 65535",
                        settings.port, settings.maxTracks));
}

Place::Found checkSdp(const std::filesystem::path& path) {
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        throw std::runtime_error(
            fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(errno)));
    return {};
}

class RtpGroup : public OutputGroup {
  public:
    RtpGroup(const std::string& subscription, const config::RtpOutput& settings)
        : slots_(settings.maxTracks) {
        checkHost(settings.host);
        checkPorts(settings);
        if (!settings.sdp.empty())
            sdp_.emplace(settings.sdp, [path = settings.sdp] { return checkSdp(path); });
        target_ = fmt::format("{}:{}", settings.host, settings.port);
        session_ = std::make_shared<RtpSession>(RtpSession{
            subscription, settings.port, HostLookup(settings.host), SdpFile(settings.sdp, subscription)});
    }

    Rendition rendition() const override { return Rendition::rtp; }
    QueueBounds defaultBounds(MediaKind kind) const override {
        return kind == MediaKind::video ? videoBounds : audioBounds;
    }
    std::optional<Refused> problem() override { return sdp_ ? sdp_->problem() : std::nullopt; }
    std::string target() const override { return target_; }
    std::string loopKey() const override { return "network"; }

    std::unique_ptr<Output> open(const OutputRequest& request) override {
        if (const auto wrong = problem()) throw *wrong;
        return std::make_unique<RtpSender>(session_, slots_.take(request.track), request);
    }

  private:
    std::shared_ptr<RtpSession> session_; ///< after construction of the output loop alone
    std::optional<Place> sdp_;            ///< where its file is to be
    std::string target_;
    RtpSlots slots_;
};

} // namespace

std::unique_ptr<OutputGroup> makeRtpGroup(const config::SubscriptionSettings& subscription,
                                          const config::RtpOutput& settings) {
    return std::make_unique<RtpGroup>(subscription.name, settings);
}

} // namespace spillway::relay
