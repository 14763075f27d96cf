// Text in a picture: letters and digits of a small bitmap font, drawn into the luma plane. GStreamer's own
// text overlays come with a package that needs X. Pure code, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spillway::relay {

struct LumaPlane {
    std::uint8_t* pixels = nullptr;
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t stride = 0; ///< bytes from one row to the next
};

/// White on black, each dot `scale` by `scale` pixels, the upper left corner at (x, y); what does not fit is
/// cut off. Knows `A-Z 0-9 . : / _ -`, lower case is drawn as upper case, anything else as a blank. Returns
/// the row below.
std::size_t drawText(const LumaPlane& plane, std::size_t x, std::size_t y, std::size_t scale,
                     std::string_view text);

} // namespace spillway::relay
