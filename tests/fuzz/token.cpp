// Signed tokens: text from anybody, and claims of somebody who has a key. The first line of the input is the
// header.
#include "fuzz.h"

#include "config/name.h"
#include "daemon/http/base64.h"
#include "daemon/http/signed_tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

using namespace spillway;
using namespace spillway::daemon::http;
using spillway::fuzz::require;

namespace {

const std::string secret(32, 'k');
constexpr WallTime now{std::chrono::seconds(1'800'000'000)};

std::string sign(std::string_view header, std::string_view claims) {
    const std::string text = toBase64Url(header) + "." + toBase64Url(claims);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    return text + "." + toBase64Url({reinterpret_cast<const char*>(mac), size});
}

bool isNameOrAny(const std::string& name) {
    return name.empty() || config::isName(name);
}

void read(const SignedTokens& tokens, std::string_view text) {
    const auto read = tokens.read(text, now);
    const auto* caller = std::get_if<Caller>(&read);
    if (caller == nullptr) return;
    require(text.size() <= maxTokenBytes);
    require(caller->role != Access::open);
    require(caller->expires && *caller->expires > now);
    for (const auto& name : {caller->scope.call, caller->scope.participant, caller->scope.source})
        require(isNameOrAny(name));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const SignedTokens tokens({"spillway", {{"a", config::Secret(secret)}}});
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read(tokens, text);
    const auto end = std::min(text.find('\n'), text.size());
    read(tokens, sign(text.substr(0, end), text.substr(std::min(end + 1, text.size()))));
    if (const auto bytes = fromBase64Url(text)) require(toBase64Url(*bytes) == text);
    return 0;
}
