#include "daemon/http/remote.h"

#include "support/catch.h"

using spillway::daemon::http::clientOf;
using spillway::daemon::http::isPublic;

TEST_CASE("a client is an IPv4 address or an IPv6 network of 64 bits") {
    CHECK(clientOf("192.0.2.7") == "192.0.2.7");
    CHECK(clientOf("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
    CHECK(clientOf("2001:db8:1:2::9") == clientOf("2001:db8:1:2:ffff::"));
    CHECK(clientOf("2001:db8:1:3::9") != clientOf("2001:db8:1:2::9"));
    CHECK(clientOf("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(clientOf("fe80::1%eth0") == "fe80::/64");
    CHECK(clientOf("unix") == "unix");
}

TEST_CASE("an address is public when it can be one of somebody outside") {
    for (const char* host : {"203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:203.0.113.7",
                             "64:ff9b::203.0.113.7"}) {
        INFO(host);
        CHECK(isPublic(host));
    }
    for (const char* host : {"127.0.0.1",
                             "127.8.8.8",
                             "10.1.2.3",
                             "172.16.0.1",
                             "192.168.1.2",
                             "100.64.0.1",
                             "169.254.169.254",
                             "0.0.0.0",
                             "0.1.2.3",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "fd00::1",
                             "fe80::1",
                             "fe80::1%eth0",
                             "192.0.0.8",
                             "198.19.0.1",
                             "::127.0.0.1",
                             "64:ff9b:1::10.0.0.1",
                             "2001:0:cb00:7107::f5ff:fffe",
                             "2002:a00:1::1",
                             "ff02::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::127.0.0.1",
                             "unix",
                             ""}) {
        INFO(host);
        CHECK_FALSE(isPublic(host));
    }
}
