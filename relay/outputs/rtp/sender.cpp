#include "relay/outputs/rtp/sender.h"

#include "relay/base/log.h"
#include "relay/rtp/rtcp_writer.h"

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds reportEvery{5};
constexpr std::chrono::seconds keyframeEvery{10};
/// How long the status says that nobody listens, after a packet was refused.
constexpr std::chrono::seconds refusedFor{2};
/// As many memories as a buffer may have (GST_BUFFER_MEM_MAX), and the header.
constexpr std::size_t maxParts = 17;

/// The payload of a packet where it lies, mapped while this lives, behind a header.
class Datagram {
  public:
    Datagram(rtp::HeaderBytes& header, GstBuffer* buffer, const rtp::Packet& packet) {
        parts_[count_++] = {header.data(), header.size()};
        std::size_t skip = packet.payloadOffset;
        std::size_t left = packet.payloadBytes;
        const guint memories = std::min<guint>(gst_buffer_n_memory(buffer), maxParts - 1);
        for (guint i = 0; i < memories && left > 0; ++i)
            add(gst_buffer_peek_memory(buffer, i), skip, left);
    }
    ~Datagram() {
        for (std::size_t i = 0; i < mapped_; ++i)
            gst_memory_unmap(memories_[i], &maps_[i]);
    }
    Datagram(const Datagram&) = delete;
    Datagram& operator=(const Datagram&) = delete;

    iovec* parts() { return parts_.data(); }
    std::size_t count() const { return count_; }

  private:
    void add(GstMemory* memory, std::size_t& skip, std::size_t& left) {
        const std::size_t size = gst_memory_get_sizes(memory, nullptr, nullptr);
        if (skip >= size) {
            skip -= size;
            return;
        }
        if (!gst_memory_map(memory, &maps_[mapped_], GST_MAP_READ)) return;
        const std::size_t bytes = std::min(left, size - skip);
        parts_[count_++] = {maps_[mapped_].data + skip, bytes};
        memories_[mapped_++] = memory;
        skip = 0;
        left -= bytes;
    }

    std::array<iovec, maxParts> parts_{};
    std::array<GstMapInfo, maxParts> maps_{};
    std::array<GstMemory*, maxParts> memories_{};
    std::size_t count_ = 0;
    std::size_t mapped_ = 0;
};

} // namespace

RtpSender::RtpSender(std::shared_ptr<RtpSession> session, RtpLease slot, OutputRequest request)
    : session_(std::move(session))
    , slot_(std::move(slot))
    , request_(std::move(request)) {}

bool RtpSender::write(const Frame& frame) {
    if (!frame.packet || !connect(frame.arrived)) return false;
    if (frame.format != described_) describe(frame.format);
    newest_ = frame.arrived;
    if (frame.keyframe) lastKeyframe_ = frame.arrived;
    if (frame.packet->payloadBytes == 0 || !isHeard(frame)) {
        slot_->continuity.skip(frame.format->incarnation, *frame.packet);
        return true;
    }
    return send(frame, *frame.packet);
}

bool RtpSender::wantsKeyframe() {
    if (request_.kind != MediaKind::video || listener_.state() == Listener::State::gone) return false;
    return listener_.state() == Listener::State::back || newest_ - lastKeyframe_ >= keyframeEvery;
}

/// Sound may begin anywhere: it goes on, and each packet is a probe.
bool RtpSender::isHeard(const Frame& frame) {
    if (request_.kind != MediaKind::video) return true;
    if (listener_.state() == Listener::State::there) return true;
    const auto now = Clock::now();
    if (listener_.state() == Listener::State::gone) lookForListener(now);
    listener_.offers(frame.keyframe, now);
    return listener_.state() == Listener::State::there;
}

/// A probe is RTCP on the port of RTP (RFC 5761), which players pass over.
void RtpSender::lookForListener(Clock::time_point now) {
    if (destination_->rtp.askRefused()) noteRefused(now);
    if (listener_.probes(now)) {
        const auto probe = rtp::emptyReport(slot_->ssrc);
        destination_->rtp.send(probe.data(), probe.size());
    }
    if (listener_.state() != Listener::State::back) return;
    refused_.reset();
    setProblem({});
}

bool RtpSender::connect(Clock::time_point now) {
    const auto& host = session_->host.address(now);
    if (destination_ && (!host || destination_->host == *host)) return true;
    if (destination_) {
        log::info("rtp follows its host subscriber={} track={} before={} now={}", session_->subscription,
                  request_.track.text(), destination_->host.host(), host->host());
        destination_.reset();
        described_.reset();
        refused_.reset();
        listener_ = {};
    }
    if (!host) setProblem(session_->host.problem());
    if (!host || !retry_.mayTry(now)) return false;
    const auto port = static_cast<std::uint16_t>(session_->port + 2 * slot_->index);
    const auto address = host->withPort(port);
    try {
        destination_.emplace(Destination{*host, address, UdpSocket(address),
                                         UdpSocket(host->withPort(static_cast<std::uint16_t>(port + 1)))});
    } catch (const std::runtime_error& error) {
        retry_.failed(now);
        setProblem(error.what());
        return false;
    }
    setProblem({});
    request_.status->setTarget(address.text());
    log::info("rtp started subscriber={} track={} address={} ssrc={}", session_->subscription,
              request_.track.text(), address.text(), slot_->ssrc);
    return true;
}

void RtpSender::describe(const std::shared_ptr<const StreamFormat>& format) {
    const auto fresh = rtp::formatOf(format->caps.get());
    const bool changed = !described_ || fresh != format_;
    described_ = format;
    format_ = fresh;
    if (!changed) return;
    const auto port = static_cast<std::uint16_t>(session_->port + 2 * slot_->index);
    session_->sdp.set(slot_->index,
                      {format_, destination_->address, port, slot_->ssrc, request_.track.text(), cname()});
    noteSdp();
}

void RtpSender::noteSdp() {
    std::string problem = session_->sdp.problem();
    if (problem == sdpProblem_) return;
    sdpProblem_ = std::move(problem);
    if (problem_.empty()) request_.status->setError(sdpProblem_);
    if (!sdpProblem_.empty())
        log::warn("cannot write sdp subscriber={} error=\"{}\"", session_->subscription, sdpProblem_);
}

bool RtpSender::send(const Frame& frame, const rtp::Packet& packet) {
    if (slot_->continuity.switches(frame.format->incarnation, packet)) {
        wallClock_.reset();
        nextReport_ = {};
    }
    const auto [sequence, timestamp] =
        slot_->continuity.next(frame.format->incarnation, packet, frame.arrived, format_.clockRate);
    wallClock_.add(timestamp, frame.arrived, format_.clockRate);
    wallClock_.follow(frame.format->clock, timestamp - packet.timestamp);
    rtp::HeaderBytes header =
        rtp::makeHeader(packet.marker, format_.payloadType, sequence, timestamp, slot_->ssrc);
    const int error = sendPacket(frame.buffer.get(), header, packet);
    const auto now = Clock::now();
    noteResult(error, now);
    if (frame.arrived >= nextReport_ && wallClock_.isSettled(now)) {
        nextReport_ = frame.arrived + reportEvery;
        report(now);
    }
    return error == 0;
}

int RtpSender::sendPacket(GstBuffer* buffer, rtp::HeaderBytes& header, const rtp::Packet& packet) {
    Datagram datagram(header, buffer, packet);
    const int error = destination_->rtp.send(datagram.parts(), datagram.count());
    if (error == 0) {
        ++slot_->packets;
        slot_->octets += packet.payloadBytes;
    }
    return error;
}

std::optional<rtp::SenderReport> RtpSender::currentReport(Clock::time_point now) const {
    const auto rtpTime = wallClock_.at(now);
    if (!rtpTime) return std::nullopt;
    return rtp::SenderReport{slot_->ssrc, std::chrono::system_clock::now(), *rtpTime, slot_->packets,
                             slot_->octets};
}

void RtpSender::report(Clock::time_point now) {
    noteSdp();
    if (const auto current = currentReport(now)) {
        const auto packet = rtp::senderReport(*current, cname());
        destination_->rtcp.send(packet.data(), packet.size());
    }
    wallClock_.renew();
}

void RtpSender::noteRefused(Clock::time_point now) {
    refused_ = now;
    session_->host.doubt(now);
    if (request_.kind == MediaKind::video) listener_.refused(now);
}

void RtpSender::noteResult(int error, Clock::time_point now) {
    if (destination_->rtp.takeRefused()) noteRefused(now);
    if (refused_ && now - *refused_ > refusedFor) refused_.reset();
    if (error != 0)
        setProblem(destination_->address.text() + ": " + std::generic_category().message(error));
    else if (refused_)
        setProblem(destination_->address.text() + ": nobody listens on that port");
    else if (!problem_.empty())
        setProblem({});
}

/// Reports only changes, so that a packet costs no lock.
void RtpSender::setProblem(const std::string& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    request_.status->setError(problem_.empty() ? sdpProblem_ : problem_);
    if (!problem_.empty())
        log::warn("rtp failing subscriber={} track={} error=\"{}\"", session_->subscription,
                  request_.track.text(), problem_);
}

void RtpSender::close(EndReason reason) {
    const auto current = currentReport(Clock::now());
    if (!destination_ || !current) return;
    // After the end of a track the stream goes on when the participant comes back, and players take a BYE as
    // the end.
    const auto packet = reason == EndReason::trackEnded ? rtp::senderReport(*current, cname())
                                                        : rtp::goodbye(*current, cname());
    destination_->rtcp.send(packet.data(), packet.size());
    log::info("rtp ended subscriber={} track={} address={} packets={}", session_->subscription,
              request_.track.text(), destination_->address.text(), slot_->packets);
}

} // namespace spillway::relay
