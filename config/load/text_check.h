// What a text must be before a parser sees it.
#pragma once

#include "config/load/document.h"

#include <string_view>

namespace spillway::config {

/// Throws SyntaxError unless the text is UTF-8 (RFC 3629) without control characters other than tab and line
/// ends. yaml-cpp takes the byte 0x04 for the end of the text and would drop the rest in silence.
void checkText(std::string_view text, std::size_t source);

} // namespace spillway::config
