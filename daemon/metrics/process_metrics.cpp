#include "daemon/metrics/process_metrics.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace spillway::daemon::metrics {

namespace {

using prometheus::MetricType;

/// Fields of /proc/self/stat, numbered as in proc(5).
class Stat {
  public:
    static std::optional<Stat> read() {
        std::ifstream file("/proc/self/stat");
        std::string text;
        if (!std::getline(file, text)) return std::nullopt;
        // The second field is the program's name in brackets, with any byte in it.
        std::istringstream rest(text.substr(text.rfind(')') + 1));
        Stat stat;
        stat.fields_.assign(std::istream_iterator<std::string>(rest), {});
        if (stat.fields_.size() < 22) return std::nullopt;
        return stat;
    }
    double field(std::size_t number) const { return std::stod(fields_.at(number - 3)); }

  private:
    std::vector<std::string> fields_;
};

/// Seconds since 1970 of the machine's start.
std::optional<double> bootTime() {
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
        double value = 0;
        if (word == "btime" && file >> value) return value;
    }
    return std::nullopt;
}

void add(Families& families, const char* name, const char* help, double value,
         MetricType type = MetricType::Gauge) {
    addSingle(families, Family(name, help, type), value);
}

void addStat(Families& families, const Stat& stat) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    add(families, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
        (stat.field(14) + stat.field(15)) / ticks, MetricType::Counter);
    add(families, "process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.field(23));
    add(families, "process_resident_memory_bytes", "Resident memory size in bytes.", stat.field(24) * page);
    add(families, "process_threads", "Number of threads.", stat.field(20));
    if (const auto boot = bootTime())
        add(families, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
            *boot + stat.field(22) / ticks);
}

void addDescriptors(Families& families) {
    std::error_code unreadable;
    const std::filesystem::directory_iterator open("/proc/self/fd", unreadable);
    // One of them is the directory that is being read.
    if (!unreadable)
        add(families, "process_open_fds", "Number of open file descriptors.",
            static_cast<double>(std::distance(begin(open), end(open)) - 1));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        add(families, "process_max_fds", "Maximum number of open file descriptors.",
            static_cast<double>(limit.rlim_cur));
}

/// Of resident memory, what the process uses tells a leak from what the allocator keeps for later.
void addHeap(Families& families) {
    const auto heap = ::mallinfo2();
    Family bytes = gauge("heap_bytes", "Memory that the allocator has handed out (used), and that it keeps "
                                       "for later, resident or not (free).");
    bytes.add({{"state", "used"}}, static_cast<double>(heap.uordblks + heap.hblkhd));
    bytes.add({{"state", "free"}}, static_cast<double>(heap.fordblks));
    std::move(bytes).moveTo(families);
}

} // namespace

void addProcessFamilies(Families& families) {
    if (const auto stat = Stat::read()) addStat(families, *stat);
    addHeap(families);
    addDescriptors(families);
}

} // namespace spillway::daemon::metrics
