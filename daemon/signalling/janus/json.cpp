#include "daemon/signalling/janus/json.h"

namespace spillway::daemon::janus {

const Json& at(const Json& object, const char* key) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

bool isNumber(const Json& value) {
    return value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
}

std::string textOf(const Json& object, const char* key) {
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::string reasonOf(const Json& object, const char* key) {
    constexpr std::size_t longest = 256;
    std::string reason = textOf(object, key);
    if (reason.size() > longest) reason = reason.substr(0, longest) + "...";
    return reason;
}

std::uint64_t numberOf(const Json& object, const char* key) {
    const Json& value = at(object, key);
    return isNumber(value) ? value.get<std::uint64_t>() : 0;
}

bool isTrue(const Json& object, const char* key) {
    const Json& value = at(object, key);
    return value.is_boolean() && value.get<bool>();
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace spillway::daemon::janus
