// A certificate that vouches for itself, for TLS on 127.0.0.1.
#pragma once

#include "support/catch.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace spillway::test {

struct Certificate {
    /// Writes both files into the folder.
    explicit Certificate(const std::filesystem::path& folder)
        : certificate((folder / "cert.pem").string())
        , key((folder / "key.pem").string()) {
        REQUIRE(std::system(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                             "-addext subjectAltName=IP:127.0.0.1 -keyout " +
                             key + " -out " + certificate + " 2>/dev/null")
                                .c_str()) == 0);
    }

    std::string certificate; ///< paths of PEM files
    std::string key;
};

} // namespace spillway::test
