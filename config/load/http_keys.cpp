#include "config/file.h"
#include "config/load/sections.h"
#include "config/url.h"

#include <algorithm>
#include <array>
#include <utility>

namespace spillway::config {

namespace {

constexpr std::size_t mostAddresses = 16;
constexpr std::size_t mostOrigins = 64;

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

const Keys<HttpSettings>& tokenKeys() {
    static const Keys<HttpSettings> keys{
        {"admin", token(&HttpSettings::adminToken)},
        {"publish", token(&HttpSettings::publishToken)},
        {"view", token(&HttpSettings::viewToken)},
    };
    return keys;
}

/// A token of two roles has the stronger one, which whoever gave it away for the other did not mean.
void checkDistinct(const Value& value, const HttpSettings& http) {
    const std::array<std::pair<const char*, const std::optional<Secret>*>, 3> roles{{
        {"admin", &http.adminToken},
        {"publish", &http.publishToken},
        {"view", &http.viewToken},
    }};
    for (std::size_t i = 1; i < roles.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (*roles[i].second && *roles[i].second == *roles[j].second)
                value.at(roles[i].first)
                    .problem(std::string("is the same token as that of ") + roles[j].first +
                             "; each role needs one of its own, such as openssl rand -hex 32 makes");
}

void readTls(const Value& value, HttpSettings& http) {
    readMapping(value, tlsKeys(), http.tls.emplace());
}

void readTokens(const Value& value, HttpSettings& http) {
    readMapping(value, tokenKeys(), http, UnknownKey::unnamed);
    checkDistinct(value, http);
}

} // namespace

const Keys<HttpSettings>& httpKeys() {
    static const Keys<HttpSettings> keys{
        {"listen", {readListen, {}}},
        {"tls", {readTls, dotted(tlsKeys(), ".")}},
        {"tokens", {readTokens, dotted(tokenKeys(), ".")}},
        {"cors", {readCors, {}}},
    };
    return keys;
}

} // namespace spillway::config
