// NTP time (RFC 3550 section 4), which sender reports, reception reports and abs-send-time count in.
#pragma once

#include <chrono>
#include <cstdint>

namespace spillway::relay::rtp {

/// Seconds since 1900, as a fixed point number with 32 bits on either side of the point.
constexpr std::uint64_t ntpTime(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    constexpr std::uint64_t epoch = 2'208'988'800; // seconds from 1900 to 1970 (RFC 868)
    const auto whole = floor<seconds>(time);
    const auto rest = static_cast<std::uint64_t>(duration_cast<nanoseconds>(time - whole).count());
    const auto sinceEpoch = static_cast<std::uint64_t>(whole.time_since_epoch().count());
    return (sinceEpoch + epoch) << 32U | (rest << 32U) / 1'000'000'000;
}

/// The same as a duration since 1900.
constexpr std::chrono::nanoseconds sinceNtpEpoch(std::uint64_t time) {
    constexpr std::uint64_t fraction = 0xFFFFFFFF;
    return std::chrono::seconds(time >> 32U) +
           std::chrono::nanoseconds((time & fraction) * 1'000'000'000 >> 32U);
}

/// The middle 32 bits, in which reports refer to each other: 1/65536 s.
constexpr std::uint32_t ntpMiddle(std::uint64_t time) {
    return static_cast<std::uint32_t>(time >> 16U);
}

} // namespace spillway::relay::rtp
