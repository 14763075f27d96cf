#include "daemon/http/signed_tokens.h"

#include "daemon/http/base64.h"
#include "support/catch.h"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

using namespace spillway;
using namespace spillway::daemon::http;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";
constexpr WallTime now{1'800'000'000s};

config::SigningKey key(const std::string& id, const std::string& value = secret) {
    return {id, config::Secret(value)};
}

SignedTokens one() {
    return SignedTokens({"spillway", {key("test")}});
}

/// As any program would make it that has the key.
std::string sign(const std::string& header, const std::string& claims, const std::string& with = secret,
                 const EVP_MD* hash = EVP_sha256()) {
    const std::string text = toBase64Url(header) + "." + toBase64Url(claims);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(hash, with.data(), static_cast<int>(with.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    return text + "." + toBase64Url({reinterpret_cast<const char*>(mac), size});
}

Json goodClaims() {
    return {{"aud", "spillway"}, {"exp", 1'800'000'060}, {"role", "view"}};
}

std::string withClaims(const Json& claims) {
    return sign(R"({"alg":"HS256","kid":"test"})", claims.dump());
}

std::string with(const char* claim, const Json& value) {
    auto claims = goodClaims();
    claims[claim] = value;
    return withClaims(claims);
}

std::string without(const char* claim) {
    auto claims = goodClaims();
    claims.erase(claim);
    return withClaims(claims);
}

std::optional<Caller> callerOf(const std::string& token, const SignedTokens& tokens = one(),
                               WallTime at = now) {
    const auto read = tokens.read(token, at);
    if (const auto* caller = std::get_if<Caller>(&read)) return *caller;
    return std::nullopt;
}

std::string refusalOf(const std::string& token, const SignedTokens& tokens = one()) {
    const auto read = tokens.read(token, now);
    const auto* why = std::get_if<std::string>(&read);
    return why == nullptr ? "" : *why;
}

const std::string notOurs = refusalOf("");

} // namespace

TEST_CASE("a token that another program made is read: role, part of the node, end") {
    // python3: hmac, hashlib and json.dumps with its blanks; a list of audiences, nbf with a fraction, iss.
    const std::string made = "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiIsICJraWQiOiAidGVzdCJ9."
                             "eyJhdWQiOiBbIm90aGVyIiwgInNwaWxsd2F5Il0sICJpc3MiOiAic29tZWJvZHkiLCAiZXhwIjogMjA"
                             "wMDAwMDAwMCwgIm5iZiI6IDE3"
                             "MDAwMDAwMDAuNSwgInJvbGUiOiAidmlldyIsICJjYWxsIjogInN0dWRpbyIsICJwYXJ0aWNpcGFudCI"
                             "6ICJhbGljZSIsICJzb3VyY2Ui"
                             "OiAidmlkZW8ifQ.m9_QpTl8SCR6cboO9gSZKC_GTmknFtfsKsQC0eD2PW4";
    const auto caller = callerOf(made);
    REQUIRE(caller);
    CHECK(caller->role == Access::view);
    CHECK(caller->scope == Scope{"studio", "alice", "video"});
    CHECK(caller->expires == WallTime(2'000'000'000s));
}

TEST_CASE("what is signed is read back, with every role and part") {
    const auto tokens = one();
    for (const auto role : {config::TokenRole::monitor, config::TokenRole::view, config::TokenRole::publish,
                            config::TokenRole::admin}) {
        const auto made = tokens.make({role, "studio", "alice", "video", 0ms, 1h}, now);
        CHECK(made.key == "test");
        CHECK(made.expires == now + 1h);
        const auto caller = callerOf(made.text);
        REQUIRE(caller);
        CHECK(caller->role == accessOf(role));
        CHECK(caller->scope == Scope{"studio", "alice", "video"});
        CHECK(caller->expires == now + 1h);
    }
    const auto whole = callerOf(tokens.make({config::TokenRole::view, {}, {}, {}, 0ms, 1h}, now).text);
    CHECK(whole.value().scope.isWhole());
}

TEST_CASE("a token holds from nbf until exp, and not a moment longer") {
    const auto tokens = one();
    const auto text = tokens.make({config::TokenRole::view, {}, {}, {}, 10s, 60s}, now).text;
    CHECK_FALSE(callerOf(text, tokens, now + 9'999ms));
    CHECK(callerOf(text, tokens, now + 10s));
    CHECK(callerOf(text, tokens, now + 59'999ms));
    CHECK_FALSE(callerOf(text, tokens, now + 60s));
    CHECK(refusalOf(text) == "the token is not valid yet");
    CHECK(refusalOf(with("exp", 1'800'000'000)) == "the token has expired");
    CHECK(callerOf(with("exp", 1'800'000'000.5)));
    CHECK(callerOf(with("exp", 1e300)));
}

TEST_CASE("exp and our audience are required") {
    CHECK(callerOf(withClaims(goodClaims())));
    CHECK(refusalOf(without("exp")) == "the token has no exp");
    for (const auto& exp : {Json("1800000060"), Json(), Json(-1), Json(true), Json::array({1'800'000'060})})
        CHECK(refusalOf(with("exp", exp)) == "the token's exp is not a time");
    CHECK(refusalOf(with("nbf", "soon")) == "the token's nbf is not a time");
    const std::string foreign = "the token's aud does not name this node";
    CHECK(refusalOf(without("aud")) == foreign);
    for (const auto& aud :
         {Json("Spillway"), Json(""), Json(), Json::array(), Json::array({"other"}), Json(1)})
        CHECK(refusalOf(with("aud", aud)) == foreign);
}

TEST_CASE("a role must be there, and names must be names") {
    for (const auto& role : {Json("owner"), Json("VIEW"), Json(""), Json(), Json(1), Json::array({"view"})})
        CHECK_FALSE(callerOf(with("role", role)));
    CHECK_FALSE(callerOf(without("role")));
    // An empty name would be one for any.
    for (const char* claim : {"call", "participant", "source"})
        for (const auto& name :
             {Json(""), Json(), Json("*"), Json("a/b"), Json(".."), Json(7), Json::array({"a"})}) {
            CAPTURE(claim, name);
            CHECK(refusalOf(with(claim, name)) == std::string("the token's ") + claim + " is not a name");
        }
}

TEST_CASE("HS256 alone is taken, whatever the header says") {
    const auto claims = goodClaims().dump();
    const auto none = toBase64Url(R"({"alg":"none","kid":"test"})") + "." + toBase64Url(claims) + ".";
    CHECK(refusalOf(none) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS512","kid":"test"})", claims, secret, EVP_sha512())) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS256","kid":"test"})", claims, secret, EVP_sha512())) == notOurs);
    for (const char* header : {R"({"alg":"HS512","kid":"test"})", R"({"alg":"hs256","kid":"test"})",
                               R"({"kid":"test"})", R"({"alg":["HS256"],"kid":"test"})",
                               R"({"alg":"HS256","kid":"test","crit":["exp"],"exp":1})", "[]", "", "{"}) {
        CAPTURE(header);
        CHECK(refusalOf(sign(header, claims)) == notOurs);
    }
}

TEST_CASE("a token is proved by the key that it names, or by the only one") {
    const std::string other(32, 'o');
    const SignedTokens two({"spillway", {key("new", other), key("old")}});
    const auto claims = goodClaims().dump();
    CHECK(callerOf(sign(R"({"alg":"HS256","kid":"old"})", claims), two));
    CHECK(callerOf(sign(R"({"alg":"HS256","kid":"new"})", claims, other), two));
    CHECK(refusalOf(sign(R"({"alg":"HS256","kid":"new"})", claims), two) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS256","kid":"third"})", claims), two) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS256"})", claims), two) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS256"})", claims, other), two) == notOurs);
    CHECK(callerOf(sign(R"({"alg":"HS256"})", claims)));
    CHECK(refusalOf(sign(R"({"alg":"HS256","kid":7})", claims)) == notOurs);
    CHECK(two.make({config::TokenRole::view, {}, {}, {}, 0ms, 1h}, now).key == "new");
}

TEST_CASE("keys are renewed while tokens are about") {
    auto tokens = one();
    const auto old = tokens.make({config::TokenRole::view, {}, {}, {}, 0ms, 1h}, now).text;
    tokens.renew({"spillway", {key("new", std::string(32, 'n')), key("test")}});
    CHECK(callerOf(old, tokens));
    CHECK(tokens.make({config::TokenRole::view, {}, {}, {}, 0ms, 1h}, now).key == "new");
    tokens.renew({"spillway", {key("new", std::string(32, 'n'))}});
    CHECK(refusalOf(old, tokens) == notOurs);
    tokens.renew({});
    CHECK_FALSE(tokens.canSign());
    CHECK(refusalOf(old, tokens) == notOurs);
}

TEST_CASE("a token with a change anywhere is refused") {
    const std::string good = withClaims(goodClaims());
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string changed = good;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        CAPTURE(at);
        CHECK_FALSE(callerOf(changed));
    }
    for (const auto& text : {good + "=", good + "A", " " + good, good.substr(0, good.size() - 1), good + ".",
                             "." + good, good.substr(good.find('.')), std::string("a.b.c"), std::string(".."),
                             std::string("view-secret"), good.substr(0, good.rfind('.') + 1)}) {
        CAPTURE(text);
        CHECK(refusalOf(text) == notOurs);
    }
}

TEST_CASE("text from anybody costs little, however long or deep") {
    CHECK(refusalOf(std::string(1'000'000, '.')) == notOurs);
    CHECK(refusalOf(sign(R"({"alg":"HS256","kid":"test"})", goodClaims().dump() + std::string(5000, ' '))) ==
          notOurs);
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    CHECK(refusalOf(sign(deep, "{}")) == notOurs);
    CHECK_FALSE(callerOf(sign(R"({"alg":"HS256","kid":"test"})", deep)));
}
