#include "config/loader.h"

#include "config/byte_size.h"
#include "config/file.h"
#include "config/load/override.h"
#include "config/load/sections.h"

namespace spillway::config {

namespace {

/// The limit for the body of a request. A call or subscription with every key takes a hundredth of it.
constexpr std::size_t maxElementBytes = 64UL * 1024;

std::vector<Problem> single(const std::string& file, const Place& place, std::string message) {
    return {{file, place.line, place.column, "", std::move(message)}};
}

template <class T>
Loaded<T> result(T settings, Problems& problems) {
    if (problems.empty()) return settings;
    return problems.take();
}

/// One element of a list of the document, in a text of its own.
template <class T, class Read>
Loaded<T> loadElement(std::string_view text, const std::string& file, const ApiSettings& api, Read read) {
    if (text.size() > maxElementBytes)
        return single(file, {}, "the text is too large; the limit is " + formatByteSize(maxElementBytes));
    Problems problems(file);
    T element;
    try {
        const TreeNode root = parseDocument(text, 0);
        read(Value(root, "", problems, &api), element);
    } catch (const SyntaxError& error) {
        return single(file, error.place(), error.what());
    }
    return result(std::move(element), problems);
}

} // namespace

std::string Problem::text() const {
    std::string result = file;
    if (line > 0) result += ":" + std::to_string(line) + ":" + std::to_string(column);
    if (!key.empty()) result += ": " + key;
    return result + ": " + message;
}

Loaded<Settings> load(std::string_view yaml, const std::string& file,
                      const std::vector<std::string>& overrides) {
    Problems problems(file);
    TreeNode root;
    try {
        root = parseDocument(yaml, 0);
    } catch (const SyntaxError& error) {
        return single(file, error.place(), error.what());
    }
    for (const std::string& override : overrides)
        applyOverride(root, override, problems);
    const Value document(root, "", problems);
    Settings settings;
    readMapping(document, documentKeys(), settings);
    checkDocument(document, settings);
    return result(std::move(settings), problems);
}

Loaded<Settings> loadFile(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
    std::string yaml;
    try {
        yaml = readFile(file, maxDocumentBytes);
    } catch (const FileError& error) {
        return single(file.string(), {}, std::string("cannot read this file: ") + error.what());
    }
    return load(yaml, file.string(), overrides);
}

Loaded<SubscriptionSettings> loadSubscription(std::string_view text, const std::string& file,
                                              const ApiSettings& api) {
    return loadElement<SubscriptionSettings>(
        text, file, api, [](const Value& value, auto& out) { readMapping(value, subscriptionKeys(), out); });
}

Loaded<CallSettings> loadCall(std::string_view text, const std::string& file, const ApiSettings& api) {
    return loadElement<CallSettings>(text, file, api, [](const Value& value, auto& out) {
        readMapping(value, callKeys(), out);
        checkCall(value, out);
    });
}

Loaded<TokenSettings> loadToken(std::string_view text, const std::string& file) {
    return loadElement<TokenSettings>(text, file, {}, [](const Value& value, auto& out) {
        readMapping(value, tokenKeys(), out);
        checkToken(value, out);
    });
}

std::vector<std::string> knownKeys() {
    return dotted(documentKeys(), "");
}

} // namespace spillway::config
