#include "config/load/text_check.h"

#include "config/text.h"

namespace spillway::config {

namespace {

bool isForbiddenControl(char c) {
    return (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

} // namespace

void checkText(std::string_view text, std::size_t source) {
    Place place{source, 1, 1};
    const std::size_t good = utf8Bytes(text);
    for (const char c : text.substr(0, good)) {
        if (isForbiddenControl(c)) throw SyntaxError(place, "the text contains a control character");
        ++place.column;
        if (c == '\n') place = {source, place.line + 1, 1};
    }
    if (good == text.size()) return;
    throw SyntaxError(place, text[good] == '\0' ? "the text contains a NUL byte" : "the text is not UTF-8");
}

} // namespace spillway::config
