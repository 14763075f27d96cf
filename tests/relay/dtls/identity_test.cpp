#include "relay/dtls/identity.h"

#include "relay/dtls/fingerprint.h"
#include "support/catch.h"

using namespace spillway::relay;
using namespace spillway::relay::dtls;
using Hash = sdp::Fingerprint::Hash;

TEST_CASE("a certificate as text has the fingerprint of the certificate, and its key") {
    const Identity own;
    const std::string pem = own.pem();
    for (const Hash hash : {Hash::sha256, Hash::sha384, Hash::sha512}) {
        const auto fingerprint = fingerprintOf(pem, hash);
        REQUIRE(fingerprint);
        CHECK(fingerprint == fingerprintOf(own.certificate(), hash));
    }
    CHECK(pem.find("PRIVATE KEY") != std::string::npos);
    CHECK_FALSE(Identity().pem() == pem);
}

TEST_CASE("what is no certificate has no fingerprint") {
    const std::string pem = Identity().pem();
    CHECK_FALSE(fingerprintOf("", Hash::sha256));
    CHECK_FALSE(fingerprintOf("-----BEGIN CERTIFICATE-----\n", Hash::sha256));
    CHECK_FALSE(fingerprintOf(pem.substr(pem.find("-----BEGIN PRIVATE")), Hash::sha256));
}

TEST_CASE("our identity is one for the process, with the fingerprint of its certificate") {
    const Identity& identity = ourIdentity();
    CHECK(fingerprintOf(identity.pem(), Hash::sha256)->text() == identity.fingerprint());
    CHECK(&ourIdentity() == &identity);
}
