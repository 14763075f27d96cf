#include "config/load/document.h"

#include "config/byte_size.h"
#include "config/load/text_check.h"
#include "config/load/tree_builder.h"

#include <sstream>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace spillway::config {

namespace {

/// The line with that number, counted from 0, and what follows; empty when there is none.
std::string_view fromLine(std::string_view text, int line) {
    for (; line > 0; --line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text;
}

/// Whether the indentation of the line contains a tab.
bool isIndentedByTab(std::string_view text, int line) {
    text = fromLine(text, line);
    const std::size_t first = text.find_first_not_of(' ');
    return first != std::string_view::npos && text[first] == '\t';
}

/// Whether what YAML gives a meaning of its own begins a value there or just before. Quotes nothing else.
std::string hintAt(std::string_view text, const YAML::Mark& mark) {
    const std::string_view line = fromLine(text, mark.line);
    for (const int column : {mark.column, mark.column - 1}) {
        if (column < 0 || static_cast<std::size_t>(column) >= line.size()) continue;
        const char c = line[static_cast<std::size_t>(column)];
        if (std::string_view("*&@`%").find(c) == std::string_view::npos) continue;
        return std::string("; a value that begins with ") + c + " must be in quotes" +
               (c == '*' ? R"(, as in "*/*/video")" : "");
    }
    return "";
}

/// yaml-cpp's own message without what it quotes: that may be a password that begins with * or &.
std::string reason(const YAML::Exception& error, std::string_view text) {
    const std::string message = error.msg.substr(0, error.msg.find(": "));
    const bool tab = isIndentedByTab(text, error.mark.line);
    return "this is not valid YAML: " + message +
           (tab ? "; the line is indented with a tab; use spaces" : hintAt(text, error.mark));
}

} // namespace

TreeNode parseDocument(std::string_view text, std::size_t source) {
    if (text.size() > maxDocumentBytes)
        throw SyntaxError({source, 0, 0},
                          "the text is too large; the limit is " + formatByteSize(maxDocumentBytes));
    checkText(text, source);
    TreeBuilder builder(source);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        throw SyntaxError({source, error.mark.line + 1, error.mark.column + 1}, reason(error, text));
    }
    return builder.take();
}

} // namespace spillway::config
