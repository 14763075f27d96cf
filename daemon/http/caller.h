// Who asks, and for what: what the credential of a request stands for. Plain values, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace spillway::daemon::http {

/// What a token lets its holder do, and what a route needs.
enum class Access {
    open,    ///< no token
    monitor, ///< counts: metrics and status
    view,    ///< GETs, WHEP
    publish, ///< WHIP
    admin,   ///< all
};

using WallTime = std::chrono::system_clock::time_point;

/// A part of the node: what a signed token is for, or what a request is about. An empty name stands for any.
struct Scope {
    std::string call = {};
    std::string participant = {};
    std::string source = {};

    bool isWhole() const { return call.empty() && participant.empty() && source.empty(); }
    /// Nothing of `target` lies outside.
    bool covers(const Scope& target) const {
        return within(call, target.call) && within(participant, target.participant) &&
               within(source, target.source);
    }
    /// Something of `target` may lie inside.
    bool meets(const Scope& target) const {
        return agree(call, target.call) && agree(participant, target.participant) &&
               agree(source, target.source);
    }
    /// As tracks are named: `studio/alice/*`.
    std::string text() const { return shown(call) + "/" + shown(participant) + "/" + shown(source); }

    bool operator==(const Scope&) const = default;

  private:
    static bool within(const std::string& mine, const std::string& other) {
        return mine.empty() || mine == other;
    }
    static bool agree(const std::string& mine, const std::string& other) {
        return other.empty() || within(mine, other);
    }
    static std::string shown(const std::string& name) { return name.empty() ? "*" : name; }
};

struct Caller {
    Access role = Access::open;
    Scope scope = {};
    std::optional<WallTime> expires = {}; ///< what is begun for this caller ends then; a fixed token has none
};

} // namespace spillway::daemon::http
