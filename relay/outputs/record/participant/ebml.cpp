#include "relay/outputs/record/participant/ebml.h"

#include <bit>

namespace spillway::relay::ebml {

namespace {

constexpr Id voidElement = 0xEC;
constexpr unsigned sizeBytes = 8;
constexpr std::uint64_t marker = std::uint64_t{1} << 56U; ///< of a size in 8 bytes
constexpr std::uint64_t unknown = marker | (marker - 1);

unsigned bytesOf(std::uint64_t value) {
    unsigned bytes = 1;
    while (bytes < 8 && value >> (8 * bytes) != 0)
        ++bytes;
    return bytes;
}

} // namespace

void Writer::bigEndian(std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i > 0; --i)
        bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

/// Ids are written as they are; their first bits tell how long they are.
void Writer::id(Id id) {
    bigEndian(id, bytesOf(id));
}

void Writer::contentSize(std::size_t size) {
    constexpr std::size_t oneByte = 0x7F; // all ones is unknown
    if (size < oneByte)
        bigEndian(0x80 | size, 1);
    else
        bigEndian(marker | size, sizeBytes);
}

void Writer::number(Id element, std::uint64_t value) {
    id(element);
    contentSize(bytesOf(value));
    bigEndian(value, bytesOf(value));
}

void Writer::date(Id element, std::int64_t nanoseconds) {
    id(element);
    contentSize(8);
    bigEndian(static_cast<std::uint64_t>(nanoseconds), 8);
}

void Writer::real(Id element, double value) {
    id(element);
    contentSize(8);
    bigEndian(std::bit_cast<std::uint64_t>(value), 8);
}

void Writer::text(Id element, std::string_view value) {
    id(element);
    contentSize(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void Writer::binary(Id element, std::span<const std::uint8_t> value) {
    id(element);
    contentSize(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void Writer::master(Id element, const std::function<void(Writer&)>& fill) {
    Writer content;
    fill(content);
    binary(element, content.bytes());
}

void Writer::unknownSize(Id element) {
    id(element);
    bigEndian(unknown, sizeBytes);
}

void Writer::reserve(std::size_t bytes) {
    id(voidElement);
    contentSize(bytes - 2);
    bytes_.resize(bytes_.size() + bytes - 2);
}

std::vector<std::uint8_t> patchedSize(std::uint64_t size) {
    std::vector<std::uint8_t> bytes;
    for (unsigned i = sizeBytes; i > 0; --i)
        bytes.push_back(static_cast<std::uint8_t>((marker | size) >> (8 * (i - 1))));
    return bytes;
}

} // namespace spillway::relay::ebml
