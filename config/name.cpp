#include "config/name.h"

#include <algorithm>

namespace spillway::config {

namespace {

constexpr std::size_t longest = 64;

bool isNameByte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool isDots(std::string_view text) {
    return text == "." || text == "..";
}

} // namespace

bool isName(std::string_view text) {
    return !text.empty() && text.size() <= longest && !isDots(text) &&
           std::all_of(text.begin(), text.end(), isNameByte);
}

std::string toName(std::string_view text) {
    std::string name(text.substr(0, longest));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !isNameByte(c); }, '_');
    return name.empty() || isDots(name) ? "participant" : name;
}

} // namespace spillway::config
