// STUN of a viewer, from anybody: as it comes, and sealed with the right keys so that what lies behind
// MESSAGE-INTEGRITY and FINGERPRINT is reached too; as a check, and as the answer to ours.
#include "fuzz.h"

#include "relay/base/big_endian.h"
#include "relay/port/ice_lite.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <string>
#include <variant>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using spillway::fuzz::require;

namespace {

using Message = std::vector<std::uint8_t>;

// RFC 8489 sections 5, 14.5 and 14.7.
constexpr std::size_t headerBytes = 20;
constexpr std::uint32_t cookie = 0x2112A442;
constexpr std::uint32_t fingerprintMask = 0x5354554E;
constexpr std::size_t integrityBytes = 20;
constexpr std::size_t longestDatagram = 2048;

const IceCredentials ours{"w0ours", "ourpasswordourpasswordour"};
const IceCredentials theirs{"theirs", "theirpasswordtheirpassword"};

std::uint32_t crc32(Bytes bytes) {
    constexpr std::uint32_t polynomial = 0xEDB88320;
    std::uint32_t crc = ~std::uint32_t{0};
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? polynomial : 0U);
    }
    return ~crc;
}

/// Appends the head of an attribute and counts all of it in the message's length.
void append(Message& message, std::uint16_t type, std::size_t bytes) {
    writeU16(&message[2], static_cast<std::uint16_t>(message.size() - headerBytes + 4 + bytes));
    message.resize(message.size() + 4);
    writeU16(&message[message.size() - 4], type);
    writeU16(&message[message.size() - 2], static_cast<std::uint16_t>(bytes));
}

Message sealed(Bytes datagram, const std::string& pwd) {
    constexpr std::uint16_t integrity = 0x0008, fingerprint = 0x8028;
    Message message(datagram.begin(), datagram.end());
    message.resize(std::max(headerBytes, message.size() / 4 * 4));
    message[0] &= 0x3FU;
    writeU32(&message[4], cookie);

    const std::size_t covered = message.size();
    append(message, integrity, integrityBytes);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
    HMAC(EVP_sha1(), pwd.data(), static_cast<int>(pwd.size()), message.data(), covered, hash.data(), nullptr);
    message.insert(message.end(), hash.begin(), hash.begin() + integrityBytes);

    const std::size_t checked = message.size();
    append(message, fingerprint, 4);
    const std::uint32_t crc = crc32(Bytes(message).first(checked)) ^ fingerprintMask;
    message.resize(message.size() + 4);
    writeU32(&message[message.size() - 4], crc);
    return message;
}

constexpr port::SessionTag tag{7};
const port::Path path{SocketAddress::of(in_addr{0x010200C0}, 5000),
                      SocketAddress::of(in_addr{0x076433C6}, 7000), 0};

/// An agent that got one message.
struct Agent {
    explicit Agent(Bytes datagram) {
        Message reply(port::IceLite::maxMessage);
        outcome = ice.receive(datagram, path, {}, reply);
        require(outcome.reply <= reply.size());
    }
    Message check() {
        Message message(port::IceLite::maxMessage);
        message.resize(ice.check(path, {}, message));
        return message;
    }

    port::IceLite ice{ours, theirs, tag, {}};
    port::IceLite::Outcome outcome;
};

void receive(Bytes datagram) {
    if (const auto addressee = addresseeOf(datagram))
        if (const auto* ufrag = std::get_if<std::string_view>(&*addressee))
            require(!ufrag->empty() && ufrag->size() < datagram.size());
    Agent agent(datagram);
    // Nobody was asked anything.
    require(!agent.outcome.selected && !agent.ice.selected());
    const bool asks = agent.outcome.checkBack != port::IceLite::CheckBack::no;
    require(!asks || agent.outcome.reply > 0);
    require((agent.check().size() > headerBytes) == asks);
}

/// A message without attributes, with those of the seed behind its head: a nomination.
Message nomination() {
    Message message(headerBytes);
    message[1] = 1;
    const std::string username = ours.ufrag + ":" + theirs.ufrag;
    append(message, 0x0006, username.size()); // RFC 8489 section 18.3
    message.insert(message.end(), username.begin(), username.end());
    message.resize((message.size() + 3) / 4 * 4);
    append(message, 0x0024, 4); // PRIORITY and USE-CANDIDATE, RFC 8445 section 16.1
    message.resize(message.size() + 4);
    append(message, 0x0025, 0);
    writeU16(&message[2], static_cast<std::uint16_t>(message.size() - headerBytes));
    return sealed(message, ours.pwd);
}

/// The input's attributes as the answer to our check.
void answer(Bytes datagram) {
    Agent agent(nomination());
    const Message check = agent.check();
    require(!check.empty());
    Message message(check.begin(), check.begin() + headerBytes);
    writeU16(message.data(), 0x0101); // RFC 8489 section 5
    message.insert(message.end(), datagram.begin(), datagram.end());
    Message into(port::IceLite::maxMessage);
    for (const std::string& pwd : {ours.pwd, theirs.pwd}) {
        const auto outcome = agent.ice.receive(sealed(message, pwd), path, {}, into);
        require(outcome.reply == 0);
        require(!outcome.selected || pwd == theirs.pwd);
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes datagram(data, std::min(size, longestDatagram));
    receive(datagram);
    receive(sealed(datagram, ours.pwd));
    answer(datagram);
    return 0;
}
