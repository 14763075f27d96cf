// The bytes of a GstBuffer, readable while this lives. One thread.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>

namespace spillway::gst {

class BufferMap {
  public:
    explicit BufferMap(GstBuffer* buffer)
        : buffer_(gst_buffer_map(buffer, &map_, GST_MAP_READ) ? buffer : nullptr) {}
    ~BufferMap() {
        if (buffer_) gst_buffer_unmap(buffer_, &map_);
    }
    BufferMap(const BufferMap&) = delete;
    BufferMap& operator=(const BufferMap&) = delete;

    /// Empty when the buffer cannot be mapped.
    std::span<const std::uint8_t> bytes() const {
        return buffer_ ? std::span<const std::uint8_t>(map_.data, map_.size)
                       : std::span<const std::uint8_t>();
    }

  private:
    GstMapInfo map_{};
    GstBuffer* buffer_;
};

} // namespace spillway::gst
