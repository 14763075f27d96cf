#include "config/load/text_check.h"

namespace spillway::config {

namespace {

unsigned char byteAt(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// Length of the sequence that this byte begins; 0 when none does.
std::size_t sequenceLength(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

/// The second byte decides whether a sequence is overlong, a surrogate or above U+10FFFF.
bool isSecond(unsigned char lead, unsigned char second) {
    const unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= lowest && second <= highest;
}

/// Length of the valid sequence at `at`, or 0.
std::size_t validSequence(std::string_view text, std::size_t at) {
    const unsigned char lead = byteAt(text, at);
    const std::size_t length = sequenceLength(lead);
    if (length <= 1) return length;
    if (at + length > text.size() || !isSecond(lead, byteAt(text, at + 1))) return 0;
    for (std::size_t i = at + 2; i < at + length; ++i)
        if ((byteAt(text, i) & 0xc0U) != 0x80) return 0;
    return length;
}

bool isForbiddenControl(unsigned char byte) {
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

} // namespace

void checkText(std::string_view text, std::size_t source) {
    Place place{source, 1, 1};
    for (std::size_t at = 0; at < text.size();) {
        const unsigned char byte = byteAt(text, at);
        const std::size_t length = validSequence(text, at);
        if (length == 0) throw SyntaxError(place, "the text is not UTF-8");
        if (byte == 0) throw SyntaxError(place, "the text contains a NUL byte");
        if (isForbiddenControl(byte)) throw SyntaxError(place, "the text contains a control character");
        at += length;
        place.column += static_cast<int>(length);
        if (byte == '\n') place = {source, place.line + 1, 1};
    }
}

} // namespace spillway::config
