#include "config/file.h"
#include "config/load/sections.h"
#include "config/url.h"

#include <algorithm>

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
                const auto path = value.text();
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
        {"admin", secret(&HttpSettings::adminToken)},
        {"publish", secret(&HttpSettings::publishToken)},
        {"view", secret(&HttpSettings::viewToken)},
    };
    return keys;
}

void readTls(const Value& value, HttpSettings& http) {
    readMapping(value, tlsKeys(), http.tls.emplace());
}

void readTokens(const Value& value, HttpSettings& http) {
    readMapping(value, tokenKeys(), http, UnknownKey::unnamed);
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
