#include "daemon/http/message.h"
#include "support/catch.h"

using namespace spillway::daemon::http;

TEST_CASE("percent decoding leaves what is no escape as it is") {
    CHECK(decodeUri("a%41%zz%4") == "aA%zz%4");
    CHECK(decodeUri("a+b") == "a+b");
    CHECK(decodeUri("%+1%-1") == "%+1%-1");
    CHECK(decodeUri("%00") == std::string(1, '\0'));
}

TEST_CASE("the first of a name in a query counts, and blanks are plus signs") {
    const auto query = parseQuery("participant=Alice+B%C3%A4r&participant=bob&empty&=nothing&x=1=2");
    CHECK(query.at("participant") == "Alice Bär");
    CHECK(query.at("empty").empty());
    CHECK(query.at("x") == "1=2");
    CHECK(query.size() == 3);
}

TEST_CASE("a media type is compared without parameters and case") {
    Request request;
    CHECK(mediaType(request).empty());
    request.headers["content-type"] = "Application/SDP ; charset=utf-8";
    CHECK(mediaType(request) == "application/sdp");
}
