// What the grammars of session descriptions share, on top of config/text.h. Pure code, any thread.
#pragma once

#include "config/text.h"
#include "relay/sdp/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::relay::sdp {

/// What is wrong with the bytes of a text, called `name` in messages: too many, NUL, or no UTF-8.
std::optional<Error> checkBytes(std::string_view text, std::size_t most, const std::string& name);

/// Lines without CRLF or LF, trailing blanks trimmed; empty lines are left out.
std::vector<std::string_view> lines(std::string_view text);

/// RFC 8839 section 5.4: letters, digits, `+` and `/`.
bool isIceText(std::string_view text);

/// RFC 8866 token.
bool isToken(std::string_view text);

/// A token that identifies an m-line (RFC 5888); at most 64 bytes.
bool isMid(std::string_view text);

/// ASCII from blank to `~`: nothing in it can end a line, for whatever reader.
bool isPrintable(std::string_view text);

/// For messages: at most 40 bytes of it, printable ASCII only.
std::string shown(std::string_view text);

} // namespace spillway::relay::sdp
