#include "daemon/http/credential.h"

#include "support/catch.h"

using namespace spillway::daemon::http;
using Way = Credential::Way;

namespace {

Credential ofHeader(const std::string& value) {
    Request request;
    request.headers["authorization"] = value;
    return credentialOf(request).value();
}

} // namespace

TEST_CASE("a token is taken from the header, whatever the case of its scheme") {
    CHECK(ofHeader("Bearer abc").token == "abc");
    CHECK(ofHeader("bEaReR   abc").token == "abc");
    CHECK(ofHeader("Bearer abc").way == Way::bearer);
    for (const char* none : {"abc", "Bearer", "Bearerabc", "Digest abc", "", "Basic"}) {
        CAPTURE(none);
        CHECK(ofHeader(none).way == Way::none);
    }
    CHECK(credentialOf({}).value().way == Way::none);
}

TEST_CASE("of Basic the password is the token, whoever the user is") {
    // printf 'user:a:b' | base64
    CHECK(ofHeader("Basic dXNlcjphOmI=").token == "a:b");
    CHECK(ofHeader("basic OmFiYw==").token == "abc");
    CHECK(ofHeader("Basic dXNlcjphOmI=").way == Way::basic);
    for (const char* nothing : {"Basic dXNlcg==", "Basic !!!", "Basic  "})
        CHECK(ofHeader(nothing).token.empty());
}

TEST_CASE("a token is taken from the URL, and never from both") {
    Request request;
    request.query["access_token"] = "abc";
    CHECK(credentialOf(request).value().way == Way::url);
    CHECK(credentialOf(request).value().token == "abc");
    for (const char* header : {"Bearer abc", "Basic dXNlcjphOmI=", "Digest x", ""}) {
        request.headers["authorization"] = header;
        CHECK_FALSE(credentialOf(request));
    }
}
