#include "config/file.h"
#include "config/load/sections.h"
#include "config/name.h"
#include "config/path.h"
#include "config/url.h"

#include <algorithm>
#include <array>
#include <utility>

namespace spillway::config {

namespace {

constexpr std::size_t mostAddresses = 16;
constexpr std::size_t mostOrigins = 64;
constexpr std::size_t mostDirectories = 64;
constexpr std::size_t mostProxies = 64;
constexpr std::size_t mostKeys = 16;
/// RFC 7518 section 3.2: as long as what the hash gives.
constexpr std::size_t leastKeyBytes = 32;

bool fits(const Value& list, const std::vector<Value>& elements, std::size_t most) {
    if (elements.size() <= most) return true;
    list.problem("has " + std::to_string(elements.size()) + " elements; at most " + std::to_string(most) +
                 " are allowed");
    return false;
}

void readListen(const Value& value, HttpSettings& http) {
    const std::vector<Value> elements = value.oneOrMore();
    if (elements.empty()) value.problem("must name at least one address");
    if (!fits(value, elements, mostAddresses)) return;
    http.listen.clear();
    for (const Value& element : elements) {
        const auto address = element.parsed(ListenAddress::parse);
        if (!address) continue;
        // Port 0 stands for a different port each time.
        const bool again = std::find(http.listen.begin(), http.listen.end(), *address) != http.listen.end();
        if (again && (address->isUnix() || address->port() != 0)) element.problem("duplicate address");
        http.listen.push_back(*address);
    }
}

void readCors(const Value& value, HttpSettings& http) {
    const std::vector<Value> elements = value.oneOrMore();
    if (!fits(value, elements, mostOrigins)) return;
    for (const Value& element : elements) {
        const auto origin = element.parsed([](const std::string& text) {
            checkOrigin(text);
            return text;
        });
        if (origin) http.cors.push_back(*origin);
    }
}

template <class T>
Reading<T> readableFile(std::filesystem::path T::*member) {
    return {[=](const Value& value, T& out) {
                const auto path = value.filePath();
                if (!path) return;
                out.*member = *path;
                try {
                    checkReadable(*path);
                } catch (const FileError& error) {
                    value.problem("cannot read the file " + *path + ": " + error.what());
                }
            },
            {}};
}

const Keys<TlsSettings>& tlsKeys() {
    static const Keys<TlsSettings> keys{
        {"certificate", readableFile(&TlsSettings::certificate), Requirement::required},
        {"key", readableFile(&TlsSettings::key), Requirement::required},
    };
    return keys;
}

const Keys<HttpSettings>& fixedTokenKeys() {
    static const Keys<HttpSettings> keys{
        {"admin", token(&HttpSettings::adminToken)},
        {"publish", token(&HttpSettings::publishToken)},
        {"view", token(&HttpSettings::viewToken)},
        {"monitor", token(&HttpSettings::monitorToken)},
    };
    return keys;
}

struct FixedToken {
    const char* role;
    const std::optional<Secret>& token;
};

std::array<FixedToken, 4> fixedTokens(const HttpSettings& http) {
    return {{{"admin", http.adminToken},
             {"publish", http.publishToken},
             {"view", http.viewToken},
             {"monitor", http.monitorToken}}};
}

/// A token of two roles has the stronger one, which whoever gave it away for the other did not mean.
void checkDistinct(const Value& value, const HttpSettings& http) {
    const auto roles = fixedTokens(http);
    for (std::size_t i = 1; i < roles.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (roles[i].token && roles[i].token == roles[j].token)
                value.at(roles[i].role)
                    .problem(std::string("is the same token as that of ") + roles[j].role +
                             "; each role needs one of its own, such as openssl rand -hex 32 makes");
}

void readDirectories(const Value& value, ApiSettings& api) {
    const std::vector<Value> elements = value.oneOrMore();
    if (!fits(value, elements, mostDirectories)) return;
    for (const Value& element : elements)
        if (const auto path = element.filePath()) api.directories.push_back(plainPath(*path));
}

void readSecrets(const Value& value, ApiSettings& api) {
    if (!value.isMapping({"names of secrets"})) return;
    for (const Entry& entry : value.node().entries) {
        if (!isName(entry.key))
            value.problemAt(entry.keyPlace, "", "the name of a secret is 1 to 64 of A-Z a-z 0-9 . _ -");
        else if (api.secrets.contains(entry.key))
            value.problemAt(entry.keyPlace, entry.key, "duplicate key");
        else if (const auto secret = value.of(entry).secret())
            api.secrets.emplace(entry.key, *secret);
    }
}

void readProxies(const Value& value, HttpSettings& http) {
    const std::vector<Value> elements = value.oneOrMore();
    if (!fits(value, elements, mostProxies)) return;
    for (const Value& element : elements)
        if (const auto network = element.parsed(Network::parse)) http.trustedProxies.push_back(*network);
}

const Keys<ApiSettings>& apiKeys() {
    static const Keys<ApiSettings> keys{
        {"directories", {readDirectories, {}}},
        {"secrets", {readSecrets, {}}},
    };
    return keys;
}

void readSigningSecret(const Value& value, SigningKey& key) {
    auto secret = value.secret();
    if (!secret) return;
    const std::size_t bytes = secret->reveal().size();
    if (bytes < leastKeyBytes)
        return value.problem("holds " + std::to_string(bytes) + " bytes; a key needs " +
                             std::to_string(leastKeyBytes) + " or more, such as openssl rand -hex 32 makes");
    key.secret = std::move(*secret);
}

const Keys<SigningKey>& signingKeyKeys() {
    static const Keys<SigningKey> keys{
        {"id", name(&SigningKey::id), Requirement::required},
        {"secret", {readSigningSecret, {}}, Requirement::required},
    };
    return keys;
}

void readSigningKeys(const Value& value, SignedTokenSettings& tokens) {
    const std::vector<Value> elements = value.items();
    if (!fits(value, elements, mostKeys)) return;
    for (const Value& element : elements)
        readMapping(element, signingKeyKeys(), tokens.keys.emplace_back(), UnknownKey::unnamed);
}

const Keys<SignedTokenSettings>& signedTokenKeys() {
    static const Keys<SignedTokenSettings> keys{
        {"audience", text(&SignedTokenSettings::audience)},
        {"keys", {readSigningKeys, dotted(signingKeyKeys(), "[].")}},
    };
    return keys;
}

void readTls(const Value& value, HttpSettings& http) {
    readMapping(value, tlsKeys(), http.tls.emplace());
}

void readTokens(const Value& value, HttpSettings& http) {
    readMapping(value, fixedTokenKeys(), http, UnknownKey::unnamed);
    checkDistinct(value, http);
}

} // namespace

void checkSigningKeys(const Value& value, const HttpSettings& http) {
    const auto& keys = http.signedTokens.keys;
    if (keys.empty()) return;
    const std::vector<Value> elements = value.items();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto again = [&](const SigningKey& other) {
            return !keys[i].id.empty() && other.id == keys[i].id;
        };
        if (std::any_of(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i), again))
            elements[i].at("id").problem("duplicate id");
        for (const auto& [role, token] : fixedTokens(http))
            if (token && token == keys[i].secret)
                elements[i].at("secret").problem(std::string("is the ") + role +
                                                 " token, whose holders could sign tokens of any role; "
                                                 "make one of its own, as with openssl rand -hex 32");
    }
}

const Keys<HttpSettings>& httpKeys() {
    static const Keys<HttpSettings> keys{
        {"listen", {readListen, {}}},
        {"tls", {readTls, dotted(tlsKeys(), ".")}},
        {"tokens", {readTokens, dotted(fixedTokenKeys(), ".")}},
        {"signed_tokens", section(&HttpSettings::signedTokens, signedTokenKeys())},
        {"cors", {readCors, {}}},
        {"trusted_proxies", {readProxies, {}}},
        {"api", section(&HttpSettings::api, apiKeys())},
    };
    return keys;
}

} // namespace spillway::config
