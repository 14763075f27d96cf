#include "daemon/calls.h"

#include "relay/base/log.h"

#include <algorithm>
#include <cassert>

namespace spillway::daemon {

using relay::Refused;

Calls::Calls(relay::Loop& loop, relay::Relay& relay, MakePresence makePresence)
    : loop_(loop)
    , relay_(relay)
    , makePresence_(std::move(makePresence)) {}

Calls::~Calls() = default;

void Calls::add(const config::CallSettings& settings) {
    assert(loop_.onLoop());
    const auto found = entries_.find(settings.name);
    if (found != entries_.end() && found->second.leaving)
        throw Refused(Refused::Kind::duplicate, "the call " + settings.name + " is still being left");
    if (onAllLeft_) throw Refused(Refused::Kind::limit, "the daemon is stopping");
    begin(settings);
}

void Calls::begin(const config::CallSettings& settings) {
    relay::Call& call = relay_.addCall(settings);
    waiting_.erase(settings.name);
    try {
        Entry entry;
        entry.presence = makePresence_(call);
        entry.serial = ++lastSerial_;
        entries_.emplace(settings.name, std::move(entry));
    } catch (...) {
        relay_.removeCall(settings.name);
        throw;
    }
    log::info("call added call={} type={}", settings.name, config::joinName(settings));
}

void Calls::put(const config::CallSettings& settings) {
    const auto found = entries_.find(settings.name);
    if (found == entries_.end()) return beginOrWait(settings);
    Entry& entry = found->second;
    if (!entry.leaving && relay_.findCall(settings.name)->settings() == settings) return;
    if (entry.leaving && !entry.next && waiting_.size() >= placesBeingLeft())
        throw Refused(Refused::Kind::limit, "limits.calls is reached");
    entry.next = settings;
    if (!entry.leaving) startLeaving(settings.name, entry);
}

void Calls::beginOrWait(const config::CallSettings& settings) {
    waiting_.erase(settings.name);
    try {
        add(settings);
    } catch (const Refused& refused) {
        if (refused.kind() != Refused::Kind::limit || waiting_.size() >= placesBeingLeft()) throw;
        waiting_.emplace(settings.name, settings);
        log::info("call waits for the place of one that is being left call={}", settings.name);
    }
}

/// In which nothing begins yet.
std::size_t Calls::placesBeingLeft() const {
    if (onAllLeft_) return 0;
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& entry) {
        return entry.second.leaving && !entry.second.next;
    }));
}

bool Calls::leave(const std::string& name, OnLeft onLeft) {
    assert(loop_.onLoop());
    if (waiting_.erase(name) > 0) {
        if (onLeft) loop_.post(std::move(onLeft));
        return true;
    }
    const auto found = entries_.find(name);
    if (found == entries_.end()) return false;
    Entry& entry = found->second;
    entry.next.reset();
    entry.onLeft.push_back(std::move(onLeft));
    if (!entry.leaving) startLeaving(name, entry);
    return true;
}

void Calls::startLeaving(const std::string& name, Entry& entry) {
    log::info("leaving call call={}", name);
    entry.leaving = true;
    // Not within the presence's own call or the timer's: both go with the entry.
    const std::function<void()> done =
        lifetime_.guard([this, name, serial = entry.serial] { finish(name, serial); });
    entry.deadline = loop_.after(leaveTime, [this, name, done] {
        log::warn("leaving call without good-bye: the other side does not answer call={}", name);
        loop_.post(done);
    });
    entry.presence->leave([&loop = loop_, done] { loop.postApart(done); });
}

void Calls::finish(const std::string& name, std::uint64_t serial) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.serial != serial) return;
    Entry entry = std::move(found->second);
    entries_.erase(found);
    entry.presence.reset();
    relay_.removeCall(name);
    log::info("call removed call={}", name);
    for (const auto& onLeft : entry.onLeft)
        if (onLeft) onLeft();
    beginAfter(std::move(entry.next));
    tellWhenEmpty();
}

/// A call has been left: `next` begins in its place, or else one that waits.
void Calls::beginAfter(std::optional<config::CallSettings> next) {
    if (!next && !waiting_.empty()) next = std::move(waiting_.extract(waiting_.begin()).mapped());
    if (!next) return;
    try {
        add(*next);
    } catch (const std::exception& error) {
        log::error("cannot join call call={} error=\"{}\"", next->name, error.what());
    }
}

void Calls::leaveAll(std::chrono::milliseconds atMost, OnLeft onLeft) {
    assert(loop_.onLoop());
    waiting_.clear();
    onAllLeft_ = std::move(onLeft);
    allDeadline_ = loop_.after(atMost, [this] { loop_.post(lifetime_.guard([this] { finishAll(); })); });
    for (auto& [name, entry] : entries_) {
        entry.next.reset();
        if (!entry.leaving) startLeaving(name, entry);
    }
    loop_.post(lifetime_.guard([this] { tellWhenEmpty(); }));
}

void Calls::finishAll() {
    std::map<std::string, std::uint64_t> left;
    for (const auto& [name, entry] : entries_)
        left.emplace(name, entry.serial);
    for (const auto& [name, serial] : left)
        finish(name, serial);
}

/// Calls onAllLeft_ once, when no call is left.
void Calls::tellWhenEmpty() {
    if (!entries_.empty() || !allDeadline_) return;
    allDeadline_.cancel();
    onAllLeft_();
}

} // namespace spillway::daemon
