// Sequence numbers that go on for ever, and whether a source began anew (RFC 3550 appendix A.1). Pure code.
#pragma once

#include <cstdint>
#include <optional>

namespace spillway::relay::jitter {

class Sequence {
  public:
    enum class Kind {
        first,   ///< or the first of a source that began anew
        goesOn,  ///< near what came last: ahead of it, behind or the same
        suspect, ///< far from it; counts once the next one follows it
        restart, ///< follows a suspect
        stray,   ///< a retransmission far from what came last
    };
    struct Place {
        Kind kind = Kind::goesOn;
        std::int64_t number = 0; ///< extended; 0 of what is far
    };

    /// `repeated`: a retransmission, with which no source begins anew.
    Place next(std::uint16_t sequence, bool repeated);
    std::int64_t newest() const { return newest_; }

  private:
    /// RFC 3550 appendix A.1: MAX_DROPOUT and MAX_MISORDER.
    static constexpr int maxDropout = 3000;
    static constexpr int maxMisorder = 100;

    bool begun_ = false;
    std::int64_t newest_ = 0;
    std::optional<std::uint16_t> expected_; ///< after a suspect
};

inline Sequence::Place Sequence::next(std::uint16_t sequence, bool repeated) {
    if (!begun_) {
        begun_ = true;
        newest_ = sequence;
        return {Kind::first, newest_};
    }
    const auto step =
        static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(newest_)));
    const bool isNear = step < maxDropout && step >= -maxMisorder;
    if (!isNear && repeated) return {Kind::stray, 0};
    if (!isNear) {
        const bool follows = expected_ == sequence;
        expected_ = static_cast<std::uint16_t>(sequence + 1);
        if (!follows) return {Kind::suspect, 0};
        newest_ += step;
        expected_.reset();
        return {Kind::restart, newest_};
    }
    if (!repeated) expected_.reset();
    if (step > 0) newest_ += step;
    return {Kind::goesOn, newest_ + (step > 0 ? 0 : step)};
}

} // namespace spillway::relay::jitter
