#include "daemon/http/signed_tokens.h"

#include "config/name.h"
#include "config/text.h"
#include "config/words.h"
#include "daemon/http/base64.h"
#include "daemon/read_json.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace spillway::daemon::http {

namespace {

using Json = nlohmann::json;
using Reason = std::string;
using std::chrono::seconds;

constexpr const char* notOurs =
    "the token is none that is configured, and not signed with a key of this node";
/// The year 2255, in seconds since 1970: the system's clock counts nanoseconds, and not much further.
constexpr double latestDate = 9'000'000'000;

using Sha256 = std::array<unsigned char, 32>;

Sha256 hmacSha256(const std::string& key, std::string_view text) {
    Sha256 result{};
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), result.data(),
             nullptr) == nullptr)
        throw std::runtime_error("OpenSSL has no HMAC-SHA256, which signed tokens need");
    return result;
}

std::string signatureOf(const config::SigningKey& key, std::string_view text) {
    const Sha256 mac = hmacSha256(key.secret.reveal(), text);
    return {mac.begin(), mac.end()};
}

/// The duration does not tell how much of it is right.
bool isSame(const std::string& one, const std::string& other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signedText; ///< header and payload
};

/// The three parts of the compact form (RFC 7515 section 7.1).
std::optional<Parts> partsOf(std::string_view text) {
    if (text.size() > maxTokenBytes) return std::nullopt;
    const auto last = text.rfind('.');
    if (last == std::string_view::npos) return std::nullopt;
    const auto [header, payload] = splitAt(text.substr(0, last), '.');
    return Parts{header, payload, text.substr(last + 1), text.substr(0, last)};
}

/// Empty unless it is a JSON object.
Json objectOf(std::string_view base64) {
    const auto text = fromBase64Url(base64);
    auto json = text ? readJson(*text) : Json();
    return json.is_object() ? json : Json::object();
}

bool isText(const Json& object, const char* name, std::string_view text) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() && found->get_ref<const std::string&>() == text;
}

/// One audience or a list of them (RFC 7519 section 4.1.3).
bool isFor(const std::string& audience, const Json& claims) {
    const auto found = claims.find("aud");
    if (found == claims.end()) return false;
    if (!found->is_array()) return isText(claims, "aud", audience);
    return std::any_of(found->begin(), found->end(), [&](const Json& one) { return one == audience; });
}

/// A NumericDate (RFC 7519 section 2); nothing when it is none.
std::optional<WallTime> dateOf(const Json& value) {
    if (!value.is_number()) return std::nullopt;
    const auto number = std::min(value.get<double>(), latestDate);
    if (number < 0) return std::nullopt;
    return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::duration<double>(number)));
}

std::optional<config::TokenRole> roleOf(const Json& claims) {
    for (const auto& word : config::tokenRoleWords)
        if (isText(claims, "role", word.text)) return word.value;
    return std::nullopt;
}

/// Puts the name into `name`; why it is none. A claim that is absent is for any.
std::optional<Reason> readName(const Json& claims, const char* claim, std::string& name) {
    const auto found = claims.find(claim);
    if (found == claims.end()) return std::nullopt;
    if (!found->is_string() || !config::isName(found->get_ref<const std::string&>()))
        return "the token's " + std::string(claim) + " is not a name";
    name = found->get<std::string>();
    return std::nullopt;
}

std::optional<Reason> readTimes(const Json& claims, WallTime now, Caller& caller) {
    const auto exp = claims.find("exp");
    if (exp == claims.end()) return "the token has no exp";
    caller.expires = dateOf(*exp);
    if (!caller.expires) return "the token's exp is not a time";
    if (now >= *caller.expires) return "the token has expired";
    const auto nbf = claims.find("nbf");
    if (nbf == claims.end()) return std::nullopt;
    const auto start = dateOf(*nbf);
    if (!start) return "the token's nbf is not a time";
    if (now < *start) return "the token is not valid yet";
    return std::nullopt;
}

std::variant<Caller, Reason> callerOf(const Json& claims, const std::string& audience, WallTime now) {
    Caller caller;
    if (!isFor(audience, claims)) return "the token's aud does not name this node";
    if (auto why = readTimes(claims, now, caller)) return *why;
    const auto role = roleOf(claims);
    if (!role) return "the token's role is none of monitor, view, publish and admin";
    caller.role = accessOf(*role);
    for (const auto& [claim, name] :
         {std::pair("call", &Scope::call), std::pair("participant", &Scope::participant),
          std::pair("source", &Scope::source)})
        if (auto why = readName(claims, claim, caller.scope.*name)) return *why;
    return caller;
}

std::int64_t numericDate(WallTime time) {
    return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

Json claimsOf(const config::TokenSettings& wanted, const std::string& audience, WallTime now,
              WallTime expires) {
    Json claims{{"aud", audience},
                {"exp", numericDate(expires)},
                {"role", config::wordOf(config::tokenRoleWords, wanted.role)}};
    if (wanted.startsIn.count() > 0) claims["nbf"] = numericDate(now + wanted.startsIn);
    if (!wanted.call.empty()) claims["call"] = wanted.call;
    if (!wanted.participant.empty()) claims["participant"] = wanted.participant;
    if (!wanted.source.empty()) claims["source"] = wanted.source;
    return claims;
}

} // namespace

Access accessOf(config::TokenRole role) {
    switch (role) {
    case config::TokenRole::monitor:
        return Access::monitor;
    case config::TokenRole::view:
        return Access::view;
    case config::TokenRole::publish:
        return Access::publish;
    case config::TokenRole::admin:
        return Access::admin;
    }
    return Access::open;
}

Scope scopeOf(const config::TokenSettings& wanted) {
    return {wanted.call, wanted.participant, wanted.source};
}

SignedToken SignedTokens::make(const config::TokenSettings& wanted, WallTime now) const {
    const config::SigningKey& key = settings_.keys.front();
    const WallTime expires(std::chrono::floor<seconds>((now + wanted.expiresIn).time_since_epoch()));
    const Json header{{"alg", "HS256"}, {"typ", "JWT"}, {"kid", key.id}};
    const std::string text = toBase64Url(header.dump()) + "." +
                             toBase64Url(claimsOf(wanted, settings_.audience, now, expires).dump());
    return {text + "." + toBase64Url(signatureOf(key, text)), key.id, expires};
}

std::variant<Caller, std::string> SignedTokens::read(std::string_view text, WallTime now) const {
    const auto parts = partsOf(text);
    if (!parts) return notOurs;
    const config::SigningKey* key = keyOf(parts->header);
    const auto signature = fromBase64Url(parts->signature);
    if (key == nullptr || !signature || !isSame(*signature, signatureOf(*key, parts->signedText)))
        return notOurs;
    return callerOf(objectOf(parts->payload), settings_.audience, now);
}

/// The key that the header names; the only one where it names none. Null for another algorithm, and for
/// extensions that must be understood (RFC 7515 section 4.1.11): there are none here.
const config::SigningKey* SignedTokens::keyOf(std::string_view header) const {
    const Json json = objectOf(header);
    if (!isText(json, "alg", "HS256") || json.contains("crit")) return nullptr;
    const auto& keys = settings_.keys;
    if (!json.contains("kid")) return keys.size() == 1 ? &keys.front() : nullptr;
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return isText(json, "kid", key.id); });
    return found == keys.end() ? nullptr : &*found;
}

} // namespace spillway::daemon::http
