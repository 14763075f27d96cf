// Reads a secret from its source: {file: PATH}, {credential: NAME} of systemd, or {env: NAME}.
//
// Problems reported here quote paths, and what has the form of a name, but nothing else: a secret written by
// mistake where its source belongs must not reach the log.
#include "config/file.h"
#include "config/load/suggest.h"
#include "config/load/value.h"
#include "config/name.h"
#include "config/settings.h"
#include "config/text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace spillway::config {

namespace {

constexpr std::size_t longestSecret = 64UL * 1024;
constexpr std::string_view allowedSources =
    "allowed: exactly one of {file: PATH}, {credential: NAME}, {env: NAME}";

/// U+FEFF, as some editors put it first.
constexpr std::string_view byteOrderMark = "\xef\xbb\xbf";

enum class Source { file, credential, environment };

const std::vector<std::string>& sourceWords() {
    static const std::vector<std::string> words{"file", "credential", "env"};
    return words;
}

bool isVariableName(const std::string& text) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    return std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::all_of(text.begin(), text.end(), allowed);
}

std::string withoutLineEnd(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

/// A token or password is a single line. Anything else is the wrong file, and could never match a header.
std::optional<Secret> checked(const Value& value, std::string text, const std::string& from) {
    const auto isControl = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    text = withoutLineEnd(std::move(text));
    if (text.empty())
        value.problem(from + " is empty");
    else if (text.starts_with(byteOrderMark))
        value.problem(from + " begins with a byte order mark, which nobody sends; save it as UTF-8 without");
    else if (std::any_of(text.begin(), text.end(), isControl))
        value.problem(from + " must hold one line of text");
    else
        return Secret(std::move(text));
    return std::nullopt;
}

std::optional<Secret> fromFile(const Value& value, const std::filesystem::path& path,
                               const std::string& what) {
    const std::string from = what + " " + path.string();
    try {
        return checked(value, readFile(path, longestSecret), from);
    } catch (const FileError& error) {
        value.problem("cannot read " + from + ": " + error.what());
        return std::nullopt;
    }
}

std::optional<Secret> fromCredential(const Value& value, const std::string& name) {
    if (!isName(name)) {
        value.problem("this is not the name of a systemd credential; allowed: 1 to 64 of A-Z a-z 0-9 . _ -");
        return std::nullopt;
    }
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || *directory == '\0') {
        value.problem("the credential " + name + " is missing: systemd has passed none (set LoadCredential=" +
                      name + ":PATH in the unit)");
        return std::nullopt;
    }
    return fromFile(value, std::filesystem::path(directory) / name, "the credential");
}

std::optional<Secret> fromEnvironment(const Value& value, const std::string& name) {
    if (!isVariableName(name)) {
        value.problem("this is not the name of an environment variable; allowed: A-Z a-z 0-9 _");
        return std::nullopt;
    }
    const char* text = std::getenv(name.c_str());
    if (text != nullptr) return checked(value, text, "the environment variable " + name);
    value.problem("the environment variable " + name + " is not set");
    return std::nullopt;
}

/// The kind of the mapping's one entry.
std::optional<Source> sourceOf(const Value& value) {
    const auto& entries = value.node().entries;
    if (value.node().kind != TreeNode::Kind::mapping || entries.size() != 1) {
        value.problem(std::string("must name where to read the secret from; ").append(allowedSources));
        return std::nullopt;
    }
    const auto& words = sourceWords();
    const auto found = std::find(words.begin(), words.end(), entries.front().key);
    if (found != words.end()) return static_cast<Source>(found - words.begin());
    value.problemAt(entries.front().keyPlace, "",
                    std::string("unknown source; ").append(allowedSources) +
                        suggestion(entries.front().key, words));
    return std::nullopt;
}

} // namespace

/// Whoever posts it could else have any file that this process reads sent to a server of its choice.
std::optional<Secret> Value::exportedSecret() const {
    const auto& entries = node().entries;
    if (node().kind != TreeNode::Kind::mapping || entries.size() != 1 || entries.front().key != "secret") {
        problem(
            "must be {secret: NAME}, one of http.api.secrets: what is posted may name no file, credential "
            "or variable");
        return std::nullopt;
    }
    const Value value = of(entries.front());
    const auto name = value.name();
    if (!name) return std::nullopt;
    const auto found = api_->secrets.find(*name);
    if (found != api_->secrets.end()) return found->second;
    value.problem("http.api.secrets has no " + *name);
    return std::nullopt;
}

std::optional<Secret> Value::secret() const {
    if (api_) return exportedSecret();
    const auto source = sourceOf(*this);
    if (!source) return std::nullopt;
    const Value value = of(node().entries.front());
    const auto where = *source == Source::file ? value.filePath() : value.text();
    if (!where) return std::nullopt;
    switch (*source) {
    case Source::file:
        return fromFile(value, *where, "the file");
    case Source::credential:
        return fromCredential(value, *where);
    case Source::environment:
        return fromEnvironment(value, *where);
    }
    return std::nullopt;
}

std::optional<Secret> Value::token() const {
    auto secret = this->secret();
    if (!secret || trimmed(secret->reveal()) == secret->reveal()) return secret;
    problem("this token has blanks around it, which no request can carry; remove them where it is kept");
    return std::nullopt;
}

} // namespace spillway::config
