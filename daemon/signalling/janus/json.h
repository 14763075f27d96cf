// Reading what others wrote: nothing here throws, what is missing or of another type is empty. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace spillway::daemon::janus {

using Json = nlohmann::json;

/// Null when `object` is none or has no such key.
const Json& at(const Json& object, const char* key);
/// A whole number that is not negative.
bool isNumber(const Json& value);
std::string textOf(const Json& object, const char* key);
std::uint64_t numberOf(const Json& object, const char* key);
bool isTrue(const Json& object, const char* key);

/// What goes into status, events and log: no more than 256 bytes of it.
std::string reasonOf(const Json& object, const char* key);

/// Text that is no UTF-8 (a display name of the configuration) is repaired.
std::string dump(const Json& json);

} // namespace spillway::daemon::janus
