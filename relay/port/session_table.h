// The sessions of one thread of the port, by the names that a datagram can have for them: our ufrag in a
// check, the tag in an answer to one of ours, the path of all else.
//
// Comes in: sessions, and the paths that they prove. Goes out: whose a datagram is; those of other threads
// are passed on through the Directory, which it keeps up to date. A path is of one session alone, the one
// that proved it last; who had it before has ended. `Session` says its path(): the selected one, if any.
// Owner: a SessionOwner, which owns the sessions, too. Its thread.
#pragma once

#include "relay/port/demux.h"
#include "relay/port/directory.h"
#include "relay/port/early_dtls.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace spillway::relay::port {

/// What another thread passed on goes no further.
enum class From { network, mailbox };

template <class Session>
class SessionTable {
  public:
    SessionTable(Directory& directory, SessionOwner& owner)
        : directory_(directory)
        , owner_(owner) {}
    SessionTable(const SessionTable&) = delete;
    SessionTable& operator=(const SessionTable&) = delete;

    /// By the names that the Directory has for it.
    void add(const std::string& ufrag, SessionTag tag, Session& session) {
        byUfrag_[ufrag] = {&session, tag};
        byTag_[tag] = &session;
    }
    /// With its path.
    void remove(const std::string& ufrag) {
        directory_.remove(ufrag, owner_);
        const auto found = byUfrag_.find(ufrag);
        if (found == byUfrag_.end()) return;
        const auto [session, tag] = found->second;
        if (session->path()) release(*session->path(), *session);
        byTag_.erase(tag);
        byUfrag_.erase(found);
    }

    /// Whose it is; null when no session's of this thread.
    Session* find(DatagramKind kind, Bytes datagram, const Path& path, From from) {
        if (kind == DatagramKind::other) return nullptr;
        if (kind != DatagramKind::stun) return find(path, kind, datagram, path, from);
        const auto addressee = addresseeOf(datagram);
        return addressee ? find(*addressee, kind, datagram, path, from) : nullptr;
    }
    /// DTLS of a path that was nobody's when it came, for the session that has it now; mostly empty.
    std::vector<std::uint8_t> takeEarlyDtls(const Path& path) { return early_.take(path, Clock::now()); }

    /// `session` has proved to be at its path, and was at `before`. Who had that path here, to be ended.
    [[nodiscard]] Session* move(Session& session, const std::optional<Path>& before) {
        if (before) release(*before, session);
        Session*& holder = byPath_[*session.path()];
        Session* const loser = holder == &session ? nullptr : holder;
        holder = &session;
        directory_.take(*session.path(), owner_);
        return loser;
    }
    /// The Directory says that this path is another owner's. Who had it here, to be ended.
    [[nodiscard]] Session* lose(const Path& path) {
        const auto found = byPath_.find(path);
        // By now a session here may have it again.
        if (found == byPath_.end() || directory_.find(path) == &owner_) return nullptr;
        Session* const loser = found->second;
        byPath_.erase(found);
        return loser;
    }

  private:
    struct Named {
        Session* session = nullptr;
        SessionTag tag{};
    };

    /// The DTLS behind an answer may come before the Directory has the path: it goes the same way, behind it.
    struct Answered {
        Path path;
        SessionOwner* owner = nullptr;
    };

    Session* here(const Path& path) const {
        const auto found = byPath_.find(path);
        return found == byPath_.end() ? nullptr : found->second;
    }
    Session* here(const Addressee& addressee) const {
        if (const auto* tag = std::get_if<SessionTag>(&addressee)) {
            const auto found = byTag_.find(*tag);
            return found == byTag_.end() ? nullptr : found->second;
        }
        const auto found = byUfrag_.find(std::get<std::string_view>(addressee));
        return found == byUfrag_.end() ? nullptr : found->second.session;
    }
    template <class Key>
    Session* find(const Key& key, DatagramKind kind, Bytes datagram, const Path& path, From from) {
        if (Session* session = here(key)) return session;
        SessionOwner* owner = from == From::network ? ownerOf(key, path) : nullptr;
        if (owner && owner != &owner_)
            passOn(*owner, kind, datagram, path);
        else if (kind == DatagramKind::dtls)
            early_.keep(datagram, path, Clock::now());
        return nullptr;
    }
    /// A check or its answer tells whose the DTLS was that came before it by the same path.
    void passOn(SessionOwner& owner, DatagramKind kind, Bytes datagram, const Path& path) {
        owner.pass(datagram, path);
        if (kind != DatagramKind::stun) return;
        const auto early = takeEarlyDtls(path);
        if (!early.empty()) owner.pass(early, path);
    }
    SessionOwner* ownerOf(const Addressee& addressee, const Path& path) {
        SessionOwner* owner = directory_.find(addressee);
        if (owner && std::holds_alternative<SessionTag>(addressee))
            answered_[PathHash()(path) % answered_.size()] = {path, owner};
        return owner;
    }
    SessionOwner* ownerOf(const Path& path, const Path&) const {
        if (SessionOwner* owner = directory_.find(path)) return owner;
        const Answered& latest = answered_[PathHash()(path) % answered_.size()];
        return latest.path == path ? latest.owner : nullptr;
    }
    /// Unless it is another session's by now.
    void release(const Path& path, const Session& session) {
        if (here(path) != &session) return;
        byPath_.erase(path);
        directory_.remove(path, owner_);
    }

    Directory& directory_;
    SessionOwner& owner_;
    std::map<std::string, Named, std::less<>> byUfrag_;
    std::unordered_map<SessionTag, Session*> byTag_;
    std::unordered_map<Path, Session*, PathHash> byPath_;
    std::array<Answered, 64> answered_{}; ///< passed on lately, by their hash
    EarlyDtls early_;
};

} // namespace spillway::relay::port
