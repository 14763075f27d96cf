#include "config/load/sections.h"
#include "config/words.h"

namespace spillway::config {

namespace {

using namespace std::chrono_literals;

/// A key that is never renewed is none; after that long a new token is due.
constexpr auto longestLife = 366 * 24h;

} // namespace

const Keys<TokenSettings>& tokenKeys() {
    static const Keys<TokenSettings> keys{
        {"role", oneOf(&TokenSettings::role, tokenRoleWords), Requirement::required},
        {"call", name(&TokenSettings::call)},
        {"participant", name(&TokenSettings::participant)},
        {"source", name(&TokenSettings::source)},
        {"starts_in", duration(&TokenSettings::startsIn, 1s, longestLife, Zero::allowed)},
        {"expires_in", duration(&TokenSettings::expiresIn, 1s, longestLife), Requirement::required},
    };
    return keys;
}

void checkToken(const Value& value, const TokenSettings& token) {
    if (token.role == TokenRole::monitor && !token.isWhole())
        value.at("role").problem(
            "monitor sees counts of the whole node; leave out call, participant and source");
    if (token.startsIn.count() > 0 && token.startsIn >= token.expiresIn)
        value.at("starts_in").problem("is not before expires_in; both count from now");
}

} // namespace spillway::config
