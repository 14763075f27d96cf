#include "daemon/http/base64.h"

#include "support/catch.h"

using namespace spillway::daemon::http;

TEST_CASE("bytes become the text of RFC 4648 section 10, and are read back") {
    for (const auto& [bytes, text] : {std::pair("", ""),
                                      {"f", "Zg"},
                                      {"fo", "Zm8"},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg"},
                                      {"fooba", "Zm9vYmE"}}) {
        CHECK(toBase64Url(bytes) == text);
        CHECK(fromBase64Url(text) == bytes);
    }
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    CHECK(fromBase64Url(toBase64Url(all)) == all);
    CHECK(toBase64Url("\xfb\xff") == "-_8");
}

TEST_CASE("what is no base64 of URLs, or a second text for the same bytes, is refused") {
    for (const char* text : {"Zg==", "Zm9v\n", " Zm9v", "+/8", "Z", "Zm9vZ", "Zh", "Zm9", "Zm9v=", "Zm.v"}) {
        CAPTURE(text);
        CHECK_FALSE(fromBase64Url(text));
    }
}
