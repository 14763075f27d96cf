// CPU of receiving tracks that nobody watches, ours beside the transport alone, alternating in one run:
//   ours     Peer → TrackInput → drain, as a call has it
//   bare     webrtcbin → fakesink: the floor
// The senders stay in this process; each receiver is one of its own, which measures itself.
//
//   bench_unwatched [--tracks N] [--seconds N] [--check]
//     --check: exit 1 when ours needs more than 1.3 times the CPU of bare, when ours has a depayloader or a
//     decoder, does not drain, or when packets are missing
#include "bench/unwatched/channel.h"
#include "bench/unwatched/receiver.h"
#include "bench/unwatched/sender.h"
#include "support/cpu_time.h"

#include <spawn.h>
#include <sys/wait.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <vector>

using namespace spillway;
using namespace spillway::bench;
using namespace std::chrono_literals;

namespace {

struct Options {
    int tracks = 20;
    int seconds = 10;
    bool check = false;
    std::string receiver; ///< of the child process: `bare` or `ours`

    double trackSeconds() const { return static_cast<double>(tracks) * seconds; }
};

Options readOptions(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--check") options.check = true;
        if (name == "--tracks") options.tracks = std::max(1, std::atoi(value));
        if (name == "--seconds") options.seconds = std::max(1, std::atoi(value));
        if (name == "--receiver") options.receiver = value;
    }
    return options;
}

/// What a receiver measured of itself; travels as text.
struct Report {
    double cpuSeconds = 0;
    std::uint64_t packets = 0;
    std::string problem;

    std::string text() const {
        std::ostringstream text;
        text << cpuSeconds << ' ' << packets << ' ' << problem;
        return text.str();
    }
    static Report parse(const std::string& text) {
        Report report;
        std::istringstream in(text);
        in >> report.cpuSeconds >> report.packets >> std::ws;
        std::getline(in, report.problem);
        return report;
    }
};

/// Without the tick of runUntil(), which would count.
void turn(relay::Loop& loop, std::chrono::seconds time) {
    const auto timer = loop.after(time, [&loop] { loop.quit(); });
    loop.run();
}

template <class Receiver>
using Receivers = std::vector<std::unique_ptr<Receiver>>;

template <class Receiver>
std::uint64_t totalPackets(const Receivers<Receiver>& receivers) {
    std::uint64_t sum = 0;
    for (const auto& receiver : receivers)
        sum += receiver->packets();
    return sum;
}

template <class Receiver>
Report measure(relay::Loop& loop, const Receivers<Receiver>& receivers, std::chrono::seconds time) {
    const auto flowing = [&] {
        return std::all_of(receivers.begin(), receivers.end(),
                           [](const auto& receiver) { return receiver->packets() > 0; });
    };
    if (!loop.runUntil(flowing, 30s)) return {0, 0, "a track has no packets"};
    turn(loop, 1s);
    Report report;
    const auto packets = totalPackets(receivers);
    const double before = test::cpuSeconds();
    turn(loop, time);
    report.cpuSeconds = test::cpuSeconds() - before;
    report.packets = totalPackets(receivers) - packets;
    for (const auto& receiver : receivers)
        if (report.problem.empty()) report.problem = receiver->problem();
    return report;
}

/// The child process; its standard input is the channel.
template <class Receiver>
void receive(const Options& options) {
    spdlog::set_level(spdlog::level::warn);
    const Channel channel(STDIN_FILENO);
    relay::Loop loop;
    Receivers<Receiver> receivers;
    for (int i = 0; i < options.tracks; ++i) {
        receivers.push_back(std::make_unique<Receiver>(loop));
        channel.send(receivers.back()->answer(channel.receive(30s)));
    }
    channel.send(measure(loop, receivers, std::chrono::seconds(options.seconds)).text());
}

/// This program once more, as a receiver, from constructor to destructor.
class Child {
  public:
    Child(const Options& options, std::string kind)
        : channel_(start(options, std::move(kind))) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        { const Channel gone = std::move(channel_); }
        waitpid(pid_, nullptr, 0);
    }

    const Channel& channel() const { return channel_; }

  private:
    Channel start(const Options& options, std::string kind) {
        auto [mine, theirs] = Channel::pair();
        std::vector<std::string> words{"bench_unwatched",
                                       "--receiver",
                                       std::move(kind),
                                       "--tracks",
                                       std::to_string(options.tracks),
                                       "--seconds",
                                       std::to_string(options.seconds)};
        std::vector<char*> arguments(words.size() + 1); // the last stays null
        std::transform(words.begin(), words.end(), arguments.begin(), [](auto& word) { return word.data(); });
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, theirs.descriptor(), STDIN_FILENO);
        const int error = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a receiver");
        return std::move(mine);
    }

    pid_t pid_ = -1;
    Channel channel_;
};

Report runOnce(relay::Loop& loop, const Options& options, const std::string& kind) {
    const Child child(options, kind);
    std::vector<std::unique_ptr<Sender>> senders;
    for (int i = 0; i < options.tracks; ++i) {
        senders.push_back(std::make_unique<Sender>(1000U + static_cast<std::uint32_t>(i)));
        child.channel().send(senders.back()->offer(loop));
        senders.back()->answer(child.channel().receive(30s));
    }
    const auto connected = [&] {
        return std::all_of(senders.begin(), senders.end(),
                           [](const auto& sender) { return sender->connected(); });
    };
    if (!loop.runUntil(connected, 30s)) throw std::runtime_error("a sender is not connected");
    const Pacer pacer(senders);
    Report report = Report::parse(child.channel().receive(std::chrono::seconds(options.seconds) + 60s));
    const double expected = options.trackSeconds() * framesPerSecond * packetsPerFrame;
    if (report.problem.empty() && static_cast<double>(report.packets) < 0.95 * expected)
        report.problem = "only " + std::to_string(report.packets) + " packets arrived";
    if (!report.problem.empty()) std::printf("%s: %s\n", kind.c_str(), report.problem.c_str());
    return report;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

int compare(const Options& options) {
    constexpr int rounds = 3;
    constexpr double target = 1.3;
    relay::Loop loop;
    std::printf("CPU seconds per track-second (%d unwatched tracks, %d s)\n", options.tracks,
                options.seconds);
    std::printf("%8s %9s %9s %7s\n", "round", "bare", "ours", "ratio");
    bool met = true;
    std::vector<double> bares, ours, ratios;
    for (int round = 1; round <= rounds; ++round) {
        const Report floor = runOnce(loop, options, "bare");
        const Report own = runOnce(loop, options, "ours");
        met = met && floor.problem.empty() && own.problem.empty();
        bares.push_back(floor.cpuSeconds / options.trackSeconds());
        ours.push_back(own.cpuSeconds / options.trackSeconds());
        ratios.push_back(ours.back() / bares.back());
        std::printf("%8d %9.5f %9.5f %7.2f\n", round, bares.back(), ours.back(), ratios.back());
        std::fflush(stdout);
    }
    std::printf("%8s %9.5f %9.5f %7.2f\n", "median", median(bares), median(ours), median(ratios));
    met = met && median(ratios) <= target;
    if (options.check && !met)
        std::printf("FAILED: ours must drain and need at most %.1f times bare\n", target);
    return options.check && !met ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    const Options options = readOptions(argc, argv);
    try {
        if (options.receiver.empty()) return compare(options);
        options.receiver == "ours" ? receive<OurReceiver>(options) : receive<BareReceiver>(options);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_unwatched: %s\n", error.what());
        return 1;
    }
}
