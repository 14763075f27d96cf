#include "relay/sdp/description.h"

#include "relay/sdp/text.h"

namespace spillway::relay::sdp {

namespace {

constexpr std::size_t maxFormats = 128; // there are no more payload types

std::optional<Section> parseMediaLine(std::string_view value) {
    const auto fields = words(value);
    if (fields.size() < 4 || fields.size() > maxFormats + 3) return std::nullopt;
    const auto port = number<unsigned>(splitAt(fields[1], '/').first);
    if (!isToken(fields[0]) || !port || *port > 65535) return std::nullopt;
    Section section;
    section.kind = fields[0];
    section.port = *port;
    section.protocol = fields[2];
    section.formats.assign(fields.begin() + 3, fields.end());
    return section;
}

void addAttribute(Part& part, std::string_view value) {
    const auto [key, rest] = splitAt(value, ':');
    part.add(std::string(trimmed(key)), std::string(trimmed(rest)));
}

/// Takes one line into the description that grows.
std::optional<Error> takeLine(Description& description, std::string_view line, std::size_t mostSections) {
    if (line.size() > maxLineBytes)
        return unsupported("a line has " + std::to_string(line.size()) + " bytes, at most " +
                           std::to_string(maxLineBytes) + " are read: " + shown(line));
    if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z')
        return malformed("a line is not of the form type=value: " + shown(line));

    const std::string_view value = line.substr(2);
    if (line[0] == 'm') {
        if (description.sections.size() == mostSections)
            return unsupported("there are more than " + std::to_string(mostSections) + " m-lines");
        auto section = parseMediaLine(value);
        if (!section) return malformed("an m-line cannot be read: " + shown(line));
        description.sections.push_back(std::move(*section));
    } else if (line[0] == 'a') {
        addAttribute(description.sections.empty() ? static_cast<Part&>(description)
                                                  : description.sections.back(),
                     value);
    } else if (line[0] == 'o' && description.sections.empty()) {
        description.origin = value;
    }
    return std::nullopt;
}

void writeAttributes(std::string& text, const Part& part) {
    for (const auto& [key, value] : part.all())
        text += "a=" + key + (value.empty() ? "" : ":" + value) + "\r\n";
}

} // namespace

std::optional<std::string> Part::attribute(std::string_view key) const {
    for (const auto& attribute : attributes_)
        if (attribute.key == key) return attribute.value;
    return std::nullopt;
}

std::vector<std::string> Part::attributes(std::string_view key) const {
    std::vector<std::string> values;
    for (const auto& attribute : attributes_)
        if (attribute.key == key) values.push_back(attribute.value);
    return values;
}

std::string Description::text() const {
    std::string result = "v=0\r\no=" + origin + "\r\ns=-\r\nt=0 0\r\n";
    writeAttributes(result, *this);
    for (const Section& section : sections) {
        result += "m=" + section.kind + " " + std::to_string(section.port) + " " + section.protocol;
        for (const std::string& format : section.formats)
            result += " " + format;
        result += "\r\nc=IN IP4 0.0.0.0\r\n";
        writeAttributes(result, section);
    }
    return result;
}

std::variant<Description, Error> parseDescription(std::string_view text, const DescriptionLimits& limits) {
    if (auto error = checkBytes(text, limits.bytes, "description")) return *error;
    const auto all = lines(text);
    if (all.empty() || all.front() != "v=0") return malformed("the description does not start with v=0");
    Description description;
    for (const std::string_view line : all)
        if (auto error = takeLine(description, line, limits.sections)) return *error;
    return description;
}

} // namespace spillway::relay::sdp
