#include "config/load/document.h"

#include "config/byte_size.h"
#include "config/load/text_check.h"
#include "config/load/tree_builder.h"

#include <sstream>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace spillway::config {

namespace {

/// yaml-cpp's own words, less what they quote: a password that begins with * or & would stand there.
std::string reason(const YAML::Exception& error) {
    const std::string message = error.msg.substr(0, error.msg.find(": "));
    return "this is not valid YAML: " + message;
}

} // namespace

Node parseDocument(std::string_view text, std::size_t source) {
    if (text.size() > maxDocumentBytes)
        throw SyntaxError({source, 0, 0},
                          "the text is too large: at most " + formatByteSize(maxDocumentBytes) + " are allowed");
    checkText(text, source);
    TreeBuilder builder(source);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {}
    } catch (const YAML::Exception& error) {
        throw SyntaxError({source, error.mark.line + 1, error.mark.column + 1}, reason(error));
    }
    return builder.take();
}

} // namespace spillway::config
