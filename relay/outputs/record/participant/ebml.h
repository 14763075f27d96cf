// Writing EBML (RFC 8794): elements of an id, a size and content. Pure code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace spillway::relay::ebml {

using Id = std::uint32_t;

class Writer {
  public:
    void number(Id id, std::uint64_t value);
    void date(Id id, std::int64_t nanoseconds); ///< since 2001
    void real(Id id, double value);
    void text(Id id, std::string_view value);
    void binary(Id id, std::span<const std::uint8_t> value);
    /// An element whose content `fill` writes.
    void master(Id id, const std::function<void(Writer&)>& fill);
    /// The same without an end, until patchedSize() is written at its place: the last 8 bytes from here.
    void unknownSize(Id id);
    /// An element of nothing, `bytes` in all (2 to 128), in place of what is written later.
    void reserve(std::size_t bytes);

    const std::vector<std::uint8_t>& bytes() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }

  private:
    void id(Id id);
    void contentSize(std::size_t size);
    void bigEndian(std::uint64_t value, unsigned bytes);

    std::vector<std::uint8_t> bytes_;
};

/// A size in 8 bytes.
std::vector<std::uint8_t> patchedSize(std::uint64_t size);

} // namespace spillway::relay::ebml
