#include "relay/sdp/fragment.h"

#include "relay/sdp/candidate.h"
#include "relay/sdp/text.h"

#include <optional>

namespace spillway::relay::sdp {

namespace {

class FragmentReader {
  public:
    std::optional<Error> take(std::string_view line) {
        if (line.starts_with("m=")) {
            mid_.clear();
            return std::nullopt;
        }
        if (!line.starts_with("a=")) {
            if (line.size() < 2 || line[1] != '=')
                return malformed("a line is not of the form type=value: " + shown(line));
            return std::nullopt;
        }
        const auto [key, value] = splitAt(line.substr(2), ':');
        if (key == "ice-ufrag") return takeCredential(fragment_.ufrag, value, "ice-ufrag");
        if (key == "ice-pwd") return takeCredential(fragment_.pwd, value, "ice-pwd");
        if (key == "mid") return takeMid(value);
        if (key == "candidate") return takeCandidate(line);
        if (key == "end-of-candidates") fragment_.endOfCandidates = true;
        return std::nullopt;
    }

    Fragment finish() { return std::move(fragment_); }

  private:
    /// Lines of one bundle repeat it; another value would be another transport.
    std::optional<Error> takeCredential(std::string& member, std::string_view value,
                                        const std::string& name) {
        if (value.size() < 4 || value.size() > 256 || !isIceText(value))
            return malformed("a=" + name + " is not ICE text");
        if (!member.empty() && member != value) return malformed("a=" + name + " has two values");
        member = value;
        return std::nullopt;
    }

    std::optional<Error> takeMid(std::string_view value) {
        if (!isMid(value)) return malformed("a=mid is not a token: " + shown(value));
        mid_ = value;
        return std::nullopt;
    }

    std::optional<Error> takeCandidate(std::string_view line) {
        if (fragment_.candidates.size() == maxFragmentCandidates)
            return unsupported("there are more than " + std::to_string(maxFragmentCandidates) +
                               " candidates");
        if (mid_.empty()) return malformed("a candidate comes before any a=mid: " + shown(line));
        if (!parseCandidate(line)) return malformed("a candidate cannot be read: " + shown(line));
        fragment_.candidates.push_back({mid_, std::string(line.substr(2))});
        return std::nullopt;
    }

    Fragment fragment_;
    std::string mid_; ///< of the m-section that is being read
};

} // namespace

std::variant<Fragment, Error> parseFragment(std::string_view body) {
    if (auto error = checkBytes(body, maxFragmentBytes, "fragment")) return *error;
    FragmentReader reader;
    for (const std::string_view line : lines(body))
        if (auto error = reader.take(line)) return *error;
    return reader.finish();
}

} // namespace spillway::relay::sdp
