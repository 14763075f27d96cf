#include "daemon/signalling/janus/transactions.h"

namespace spillway::daemon::janus {

namespace {

int codeOf(const Json& object, const char* key) {
    constexpr std::uint64_t largest = 9999;
    return static_cast<int>(std::min(numberOf(object, key), largest));
}

/// Moved out of `object`; null when it has no such key.
Json take(Json& object, const char* key) {
    if (!object.is_object()) return {};
    const auto found = object.find(key);
    return found == object.end() ? Json() : std::move(*found);
}

} // namespace

Reply readReply(Json message) {
    Reply reply;
    if (textOf(message, "janus") == "error") {
        reply.error = codeOf(at(message, "error"), "code");
        if (reply.error == 0) reply.error = Reply::noAnswer;
        reply.reason = reasonOf(at(message, "error"), "reason");
        return reply;
    }
    const bool byPlugin = !at(message, "plugindata").is_null();
    reply.data = take(byPlugin ? message["plugindata"] : message, "data");
    reply.jsep = take(message, "jsep");
    reply.error = codeOf(reply.data, "error_code");
    reply.reason = reasonOf(reply.data, "error");
    return reply;
}

std::string Transactions::begin(Until until, std::chrono::milliseconds deadline, Done done) {
    std::string id = "spillway-" + std::to_string(++last_);
    auto late = [this, id, deadline] {
        Reply reply;
        reply.error = Reply::noAnswer;
        reply.reason = "no answer within " + std::to_string(deadline.count()) + " ms";
        finish(id, reply);
    };
    open_.insert_or_assign(id, Open{until, std::move(done), loop_.after(deadline, late)});
    return id;
}

bool Transactions::settle(Json& message) {
    const std::string id = textOf(message, "transaction");
    if (id.empty()) return false;
    const auto found = open_.find(id);
    if (found == open_.end()) return true;
    if (textOf(message, "janus") == "ack" && found->second.until == Until::answered) return true;
    finish(id, readReply(std::move(message)));
    return true;
}

void Transactions::finish(const std::string& id, const Reply& reply) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    const Done done = std::move(found->second.done);
    open_.erase(found);
    if (done) done(reply);
}

} // namespace spillway::daemon::janus
