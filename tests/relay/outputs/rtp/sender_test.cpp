#include "relay/base/big_endian.h"
#include "relay/outputs/media.h"
#include "relay/outputs/output.h"
#include "relay/outputs/rtp/sender.h"
#include "relay/rtp/packet.h"

#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/rtp.h"
#include "support/wait.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/rtp/keyframe.h"

#include <gst/app/gstappsink.h>

#include <fmt/core.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using Catch::Matchers::Equals;
using namespace std::chrono_literals;

namespace {

using Raw = std::vector<std::uint8_t>;

/// A receiver on a pair of loopback ports, by default of those that the kernel chose.
class Receiver {
  public:
    explicit Receiver(in_addr_t host, std::uint16_t port)
        : host_(host)
        , rtp_(bind(port))
        , rtcp_(bind(static_cast<std::uint16_t>(port + 1))) {
        REQUIRE(rtp_ >= 0);
        REQUIRE(rtcp_ >= 0);
    }
    Receiver() {
        // An RTP port needs the one above it too.
        do {
            close();
            rtp_ = bind(0);
            rtcp_ = bind(static_cast<std::uint16_t>(port() + 1));
        } while (rtcp_ < 0);
    }
    ~Receiver() { close(); }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(rtp_, reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }
    Raw rtp() const { return receive(rtp_); }
    Raw rtcp() const { return receive(rtcp_); }
    void close() {
        if (rtp_ >= 0) ::close(rtp_);
        if (rtcp_ >= 0) ::close(rtcp_);
        rtp_ = rtcp_ = -1;
    }

  private:
    int bind(std::uint16_t port) const {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(host_);
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
        ::close(fd);
        return -1;
    }
    /// Empty when nothing comes.
    static Raw receive(int fd) {
        pollfd ready{fd, POLLIN, 0};
        if (::poll(&ready, 1, 1000) != 1) return {};
        Raw bytes(2048);
        bytes.resize(static_cast<std::size_t>(::recv(fd, bytes.data(), bytes.size(), 0)));
        return bytes;
    }

    in_addr_t host_ = INADDR_LOOPBACK;
    int rtp_ = -1;
    int rtcp_ = -1;
};

config::RtpOutput to(std::uint16_t port, const std::string& host = "127.0.0.1") {
    config::RtpOutput settings;
    settings.host = host;
    settings.port = port;
    return settings;
}

std::unique_ptr<OutputGroup> groupOf(const config::RtpOutput& settings) {
    config::SubscriptionSettings subscription;
    subscription.name = "viewer";
    subscription.output = settings;
    return makeOutputGroup(subscription);
}

struct Opened {
    std::shared_ptr<OutputStatus> status = std::make_shared<OutputStatus>();
    std::unique_ptr<Output> output;

    Opened(OutputGroup& group, const std::string& participant, MediaKind kind = MediaKind::video)
        : output(group.open({{"studio", participant, "camera"}, kind, status})) {}
    void end(EndReason reason = EndReason::trackEnded) {
        output->close(reason);
        output.reset();
    }
};

std::shared_ptr<const StreamFormat> formatOf(const std::string& fields, std::uint64_t incarnation = 1) {
    GstCaps* caps = gst_caps_from_string(("application/x-rtp," + fields).c_str());
    auto format = std::make_shared<const StreamFormat>(caps, incarnation);
    gst_caps_unref(caps);
    return format;
}

const char* const vp8Caps = "media=video,encoding-name=VP8,clock-rate=90000,payload=120";

/// Header and payload in memories of their own, as payloaders and the jitter buffer leave them; with an
/// extension.
Frame packetOf(std::uint16_t sequence, std::uint32_t timestamp, const std::string& payload,
               const std::shared_ptr<const StreamFormat>& format) {
    Raw header{0x90, 0x80 | 120, 0, 0, 0, 0, 0, 0, 0xDE, 0xAD, 0xBE, 0xEF, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4};
    writeU16(&header[2], sequence);
    writeU32(&header[4], timestamp);
    GstBuffer* buffer = gst_buffer_new_memdup(header.data(), header.size());
    if (!payload.empty()) {
        GstBuffer* body = gst_buffer_new_memdup(payload.data(), payload.size());
        buffer = gst_buffer_append(buffer, body);
    }
    Frame frame;
    frame.buffer = gst::Ref<GstBuffer>::adopt(buffer);
    frame.packet = packetIn(buffer);
    frame.format = format;
    frame.arrived = Clock::now();
    frame.keyframe = true;
    return frame;
}

std::string textOf(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A live pipeline with an appsink `sink`, read frame by frame.
class LiveSource {
  public:
    LiveSource(const std::string& description, rtp::PayloadFormat payload)
        : pipeline_(gst::Ref<GstElement>::sink(
              gst_parse_launch((description + " ! appsink name=sink sync=false").c_str(), nullptr)))
        , detector_(payload)
        , sink_(
              gst::Ref<GstElement>::adopt(gst_bin_get_by_name(gst::cast<GstBin>(pipeline_.get()), "sink"))) {
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~LiveSource() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
    LiveSource(const LiveSource&) = delete;
    LiveSource& operator=(const LiveSource&) = delete;

    /// Writes what is there within 5 ms.
    void forward(Output& output) {
        for (;;) {
            const auto sample = gst::Ref<GstSample>::adopt(
                gst_app_sink_try_pull_sample(gst::cast<GstAppSink>(sink_.get()), 5 * GST_MSECOND));
            if (!sample) return;
            if (!format_) format_ = std::make_shared<StreamFormat>(gst_sample_get_caps(sample.get()), 1);
            Frame frame;
            frame.buffer = gst::Ref<GstBuffer>::retain(gst_sample_get_buffer(sample.get()));
            frame.packet = packetIn(frame.buffer.get());
            frame.format = format_;
            frame.arrived = Clock::now();
            const gst::BufferMap map(frame.buffer.get());
            frame.keyframe = detector_.isStart(frame.packet->timestamp, frame.packet->payload(map.bytes()));
            output.write(frame);
        }
    }

  private:
    gst::Ref<GstElement> pipeline_;
    rtp::KeyframeDetector detector_;
    gst::Ref<GstElement> sink_;
    std::shared_ptr<const StreamFormat> format_;
};

} // namespace

TEST_CASE("a packet leaves with its payload under a header of our own") {
    const Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    const LeakGuard guard;
    Opened opened(*group, "alice");
    const auto format = formatOf(vp8Caps);
    CHECK(opened.output->write(packetOf(1000, 90000, "payload", format)));
    CHECK(opened.output->write(packetOf(1003, 93000, "more", format)));
    const Raw first = receiver.rtp();
    const Raw second = receiver.rtp();
    REQUIRE(first.size() == rtp::fixedHeaderBytes + 7);
    REQUIRE(second.size() == rtp::fixedHeaderBytes + 4);
    CHECK(first[0] == 0x80);        // no extension, no CSRC
    CHECK(first[1] == (0x80 | 96)); // marker, our payload type
    CHECK(std::string(first.begin() + 12, first.end()) == "payload");
    CHECK(readU32(&first[8]) != 0xDEADBEEF);
    CHECK(readU32(&first[8]) == readU32(&second[8]));
    CHECK(static_cast<std::uint16_t>(readU16(&second[2]) - readU16(&first[2])) == 3);
    CHECK(readU32(&second[4]) - readU32(&first[4]) == 3000);

    const Raw report = receiver.rtcp();
    REQUIRE(report.size() > 28);
    CHECK(report[1] == 200);
    CHECK(readU32(&report[4]) == readU32(&first[8]));
    CHECK(std::string(report.begin(), report.end()).find("alice@studio") != std::string::npos);
    CHECK(opened.status->read().target == fmt::format("127.0.0.1:{}", receiver.port()));
    opened.end(EndReason::unsubscribed);
    const Raw last = receiver.rtcp();
    REQUIRE(last.size() == report.size() + 8);
    CHECK(last[report.size() + 1] == 203);
    guard.require();
}

TEST_CASE("a track that comes back goes on with its SSRC, numbers and clock, and no goodbye between") {
    const Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    Opened before(*group, "alice");
    before.output->write(packetOf(1000, 90000, "before", formatOf(vp8Caps, 1)));
    const Raw first = receiver.rtp();
    CHECK(receiver.rtcp()[1] == 200);
    before.end(EndReason::trackEnded);
    CHECK(receiver.rtcp().size() == 28 + 4 + 4 + 16);

    Opened after(*group, "alice");
    after.output->write(packetOf(5, 4711, "after", formatOf(vp8Caps, 2)));
    const Raw second = receiver.rtp();
    REQUIRE(second.size() > rtp::fixedHeaderBytes);
    CHECK(readU32(&first[8]) == readU32(&second[8]));
    CHECK(static_cast<std::uint16_t>(readU16(&second[2]) - readU16(&first[2])) == 1);
    const std::uint32_t passed = readU32(&second[4]) - readU32(&first[4]);
    CHECK(passed > 0);
    CHECK(passed < 90000U * 5);
}

TEST_CASE("padding alone is not sent and is no loss") {
    const Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    Opened opened(*group, "alice");
    const auto format = formatOf(vp8Caps);
    CHECK(opened.output->write(packetOf(1, 0, "a", format)));
    CHECK(opened.output->write(packetOf(2, 0, "", format)));
    CHECK(opened.output->write(packetOf(3, 0, "b", format)));
    const Raw first = receiver.rtp();
    const Raw second = receiver.rtp();
    CHECK(second.back() == 'b');
    CHECK(static_cast<std::uint16_t>(readU16(&second[2]) - readU16(&first[2])) == 1);
}

TEST_CASE("what is no RTP packet is a write error") {
    const Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    Opened opened(*group, "alice");
    Frame frame = packetOf(1, 0, "x", formatOf(vp8Caps));
    frame.buffer = gst::Ref<GstBuffer>::adopt(gst_buffer_new_memdup("short", 5));
    frame.packet = packetIn(frame.buffer.get());
    CHECK_FALSE(opened.output->write(frame));
}

TEST_CASE("that nobody listens is told and stops nothing") {
    Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    Opened opened(*group, "alice");
    const auto format = formatOf(vp8Caps);
    receiver.close();
    const auto end = Clock::now() + 5s;
    bool all = true;
    for (std::uint16_t i = 0; opened.status->read().error.empty() && Clock::now() < end; ++i)
        all = opened.output->write(packetOf(i, i, "x", format)) && all;
    CHECK(all);
    CHECK(opened.status->read().error.find("nobody listens") != std::string::npos);
}

TEST_CASE("who begins to listen late gets a keyframe first, and nothing that cannot be decoded") {
    Receiver early;
    const std::uint16_t port = early.port();
    const auto group = groupOf(to(port));
    Opened opened(*group, "alice");
    const auto format = formatOf(vp8Caps);
    early.close();
    std::uint16_t sequence = 0;
    const auto write = [&](const std::string& payload, bool keyframe) {
        ++sequence;
        Frame frame = packetOf(sequence, sequence, payload, format);
        frame.keyframe = keyframe;
        return opened.output->write(frame);
    };
    write("key", true);
    REQUIRE(eventually([&] { return write("delta", false) && !opened.status->read().error.empty(); }));
    CHECK_FALSE(opened.output->wantsKeyframe());

    const Receiver late(INADDR_LOOPBACK, port);
    REQUIRE(eventually([&] { return write("delta", false) && opened.output->wantsKeyframe(); }));
    CHECK(opened.status->read().error.empty());
    write("delta", false);
    write("key", true);
    CHECK_FALSE(opened.output->wantsKeyframe());
    write("delta", false);
    const Raw probe = late.rtp();
    REQUIRE(probe.size() == 8);
    CHECK(probe[1] == 201);
    const Raw first = late.rtp();
    CHECK(std::string(first.begin() + rtp::fixedHeaderBytes, first.end()) == "key");
    const Raw second = late.rtp();
    CHECK(std::string(second.begin() + rtp::fixedHeaderBytes, second.end()) == "delta");
    CHECK(static_cast<std::uint16_t>(readU16(&second[2]) - readU16(&first[2])) == 1);
}

TEST_CASE("each track has a pair of ports, kept while the subscription lives") {
    auto settings = to(20000);
    settings.maxTracks = 2;
    const auto group = groupOf(settings);
    const auto format = formatOf(vp8Caps);
    const auto portOf = [&](const std::string& participant) {
        Opened opened(*group, participant);
        opened.output->write(packetOf(1, 1, "x", format));
        return opened.status->read().target;
    };
    CHECK(portOf("alice") == "127.0.0.1:20000");
    CHECK(portOf("bob") == "127.0.0.1:20002");
    CHECK(portOf("alice") == "127.0.0.1:20000");
    CHECK(portOf("carol") == "127.0.0.1:20002"); // bob was seen the longest ago
    CHECK(portOf("alice") == "127.0.0.1:20000");

    const Opened one(*group, "alice");
    const Opened two(*group, "carol");
    CHECK_THROWS_WITH(Opened(*group, "bob"), Catch::Contains("max_tracks"));
}

TEST_CASE("settings that cannot work are refused when the subscription is made") {
    CHECK_THROWS_AS(groupOf(to(5004, "no host")), std::runtime_error);
    CHECK_THROWS_AS(groupOf(to(5004, "")), std::runtime_error);
    CHECK_THROWS_WITH(groupOf(to(65530)), Catch::Contains("65535"));
    auto settings = to(5004);
    settings.sdp = "/nonexistent/dir/x.sdp";
    const auto group = groupOf(settings);
    REQUIRE(group->problem());
    CHECK_THAT(group->problem()->what(), Catch::Contains("/nonexistent/dir/x.sdp"));
    CHECK_THROWS_WITH(Opened(*group, "alice"), Catch::Contains("/nonexistent/dir/x.sdp"));
}

TEST_CASE("a host name is looked up without making anybody wait, and what cannot be found is told") {
    const Receiver receiver;
    const auto format = formatOf(vp8Caps);
    const auto writeUntil = [&](Opened& opened, const std::function<bool(bool)>& done) {
        const auto end = Clock::now() + 20s;
        bool reached = false;
        while (!reached && Clock::now() < end)
            reached = done(opened.output->write(packetOf(1, 1, "x", format)));
        return reached;
    };
    const auto found = groupOf(to(receiver.port(), "localhost"));
    Opened opened(*found, "alice");
    CHECK(writeUntil(opened, [](bool written) { return written; }));
    CHECK_THAT(opened.status->read().error, Equals(""));

    const auto missing = groupOf(to(receiver.port(), "host.invalid"));
    Opened waiting(*missing, "alice");
    CHECK(writeUntil(waiting, [&](bool) {
        return waiting.status->read().error.find("cannot find host host.invalid") != std::string::npos;
    }));
}

TEST_CASE("a stream follows its host to another address, and so does the session description") {
    const Receiver before;
    const Receiver after(INADDR_LOOPBACK + 1, before.port());
    const TemporaryDirectory directory;
    const auto sdp = directory.path() / "viewer.sdp";
    const auto moved = std::make_shared<std::atomic<bool>>(false);
    HostLookup host("sink", [moved](const std::string&) {
        return std::vector{*SocketAddress::parse(*moved ? "127.0.0.2" : "127.0.0.1")};
    });
    const auto session = std::make_shared<RtpSession>(
        RtpSession{"viewer", before.port(), std::move(host), SdpFile(sdp, "viewer")});
    RtpSlots slots(1);
    const TrackName track{"studio", "alice", "camera"};
    const auto status = std::make_shared<OutputStatus>();
    RtpSender sender(session, slots.take(track), {track, MediaKind::video, status});
    Frame frame = packetOf(1, 1, "x", formatOf(vp8Caps));
    const auto writesTo = [&](const char* address) {
        return eventually([&] {
            sender.write(frame);
            return status->read().target == fmt::format("{}:{}", address, before.port());
        });
    };
    REQUIRE(writesTo("127.0.0.1"));
    const Raw first = before.rtp();
    *moved = true;
    frame.arrived += 61s;
    REQUIRE(writesTo("127.0.0.2"));
    const Raw second = after.rtp();
    REQUIRE(second.size() > rtp::fixedHeaderBytes);
    CHECK(readU32(&first[8]) == readU32(&second[8]));
    CHECK(eventually([&] { return textOf(sdp).find("c=IN IP4 127.0.0.2") != std::string::npos; }));
}

TEST_CASE("a session description that cannot be written is told, and written when it can be") {
    const Receiver receiver;
    const TemporaryDirectory directory;
    auto settings = to(receiver.port());
    settings.sdp = directory.path() / "folder" / "viewer.sdp";
    std::filesystem::create_directory(directory.path() / "folder");
    const auto group = groupOf(settings);
    Opened opened(*group, "alice");
    std::filesystem::remove(directory.path() / "folder");
    Frame frame = packetOf(1, 1, "x", formatOf(vp8Caps));
    opened.output->write(frame);
    const auto told = [&] { return opened.status->read().error.find("viewer.sdp") != std::string::npos; };
    const auto reportUntil = [&](const std::function<bool()>& done) {
        return eventually([&] {
            frame.arrived += 6s;
            opened.output->write(frame);
            return done();
        });
    };
    CHECK(reportUntil(told));
    std::filesystem::create_directory(directory.path() / "folder");
    CHECK(reportUntil([&] { return !textOf(settings.sdp).empty() && !told(); }));
}

TEST_CASE("an address that cannot be sent to is told and tried again") {
    const auto group = groupOf(to(5004, "255.255.255.255"));
    Opened opened(*group, "alice");
    CHECK_FALSE(opened.output->write(packetOf(1, 1, "x", formatOf(vp8Caps))));
    CHECK(opened.status->read().error.find("255.255.255.255:5004") != std::string::npos);
}

TEST_CASE("a keyframe is wished for every ten seconds, for those who begin to listen") {
    const Receiver receiver;
    const auto group = groupOf(to(receiver.port()));
    Opened opened(*group, "alice");
    Frame frame = packetOf(1, 1, "x", formatOf(vp8Caps));
    opened.output->write(frame);
    CHECK_FALSE(opened.output->wantsKeyframe());
    frame.keyframe = false;
    frame.arrived += 11s;
    opened.output->write(frame);
    CHECK(opened.output->wantsKeyframe());
    frame.keyframe = true;
    opened.output->write(frame);
    CHECK_FALSE(opened.output->wantsKeyframe());
}

TEST_CASE("the session description has every stream and nothing that the publisher smuggled in") {
    const TemporaryDirectory directory;
    auto settings = to(20100, "::1");
    settings.sdp = directory.path() / "viewer.sdp";
    const auto group = groupOf(settings);
    Opened video(*group, "alice");
    Opened audio(*group, "bob", MediaKind::audio);
    video.output->write(
        packetOf(1, 1, "x",
                 formatOf("media=video,encoding-name=H264,clock-rate=90000,packetization-mode=(string)1,"
                          "sprop-parameter-sets=(string)\"Z0LAHtkA,aMuDyyA=\","
                          "profile-level-id=(string)\"42e01f;a=evil\"")));
    audio.output->write(packetOf(1, 1, "x", formatOf("media=audio,encoding-name=OPUS,clock-rate=48000")));
    CHECK(eventually([&] { return textOf(settings.sdp).find("m=audio") != std::string::npos; }));
    const std::string sdp = textOf(settings.sdp);
    CHECK(sdp.starts_with("v=0\r\n"));
    CHECK(sdp.find("m=video 20100 RTP/AVP 102\r\n") != std::string::npos);
    CHECK(sdp.find("c=IN IP6 ::1\r\n") != std::string::npos);
    CHECK(sdp.find("a=rtpmap:102 H264/90000\r\n") != std::string::npos);
    CHECK(sdp.find("a=fmtp:102 packetization-mode=1;sprop-parameter-sets=Z0LAHtkA,aMuDyyA=\r\n") !=
          std::string::npos);
    CHECK(sdp.find("m=audio 20102 RTP/AVP 111\r\n") != std::string::npos);
    CHECK(sdp.find("a=rtpmap:111 opus/48000/2\r\n") != std::string::npos);
    CHECK(sdp.find("evil") == std::string::npos);
    CHECK_FALSE(std::filesystem::exists(settings.sdp.string() + ".new"));
}

TEST_CASE("ffmpeg plays VP8 and Opus from the session description") {
    const TemporaryDirectory directory;
    Receiver ports;
    auto settings = to(ports.port());
    settings.sdp = directory.path() / "viewer.sdp";
    const auto group = groupOf(settings);
    Opened video(*group, "alice");
    Opened audio(*group, "bob", MediaKind::audio);
    LiveSource camera(
        "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 ! vp8enc deadline=1 "
        "keyframe-max-dist=10 ! rtpvp8pay",
        rtp::PayloadFormat::vp8);
    LiveSource microphone(
        "audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc "
        "! rtpopuspay",
        rtp::PayloadFormat::audio);
    const auto forward = [&] {
        camera.forward(*video.output);
        microphone.forward(*audio.output);
    };
    const auto described = [&] {
        const auto text = textOf(settings.sdp);
        return text.find("m=video") != std::string::npos && text.find("m=audio") != std::string::npos;
    };
    const auto end = Clock::now() + 20s;
    while (!described() && Clock::now() < end)
        forward();
    REQUIRE(described());

    ports.close(); // the player binds them, and the two above
    const std::string log = directory.path() / "log";
    std::FILE* player =
        ::popen(fmt::format("timeout 30 ffmpeg -v info -protocol_whitelist file,udp,rtp -i {} -t 2 "
                            "-f null - > {} 2>&1; echo done",
                            settings.sdp.string(), log)
                    .c_str(),
                "r");
    REQUIRE(player != nullptr);
    pollfd ended{::fileno(player), POLLIN, 0};
    while (::poll(&ended, 1, 0) == 0)
        forward();
    CHECK(::pclose(player) == 0);
    const std::string output = textOf(log);
    INFO(output);
    CHECK(output.find("Video: vp8") != std::string::npos);
    CHECK(output.find("Audio: opus") != std::string::npos);
    const auto frames = output.rfind("frame=");
    REQUIRE(frames != std::string::npos);
    CHECK(std::atoi(output.c_str() + frames + 6) >= 40);
}
