// What the tests of the loader share.
#pragma once

#include "config/load/suggest.h"
#include "config/loader.h"
#include "config/words.h"
#include "support/catch.h"

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include <stdlib.h>

namespace spillway::config {

using Lines = std::vector<std::string>;

template <class T>
Lines problemLines(const Loaded<T>& loaded) {
    Lines lines;
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded))
        for (const Problem& problem : *problems)
            lines.push_back(problem.text());
    return lines;
}

template <class T>
T valid(Loaded<T> loaded) {
    CHECK(problemLines(loaded) == Lines{});
    return std::get<T>(std::move(loaded));
}

/// The problems of a text named "f".
inline Lines problemsOf(std::string_view yaml, const Lines& overrides = {}) {
    return problemLines(load(yaml, "f", overrides));
}

/// The only problem of a text named "f".
inline std::string problemOf(std::string_view yaml, const Lines& overrides = {}) {
    const Lines lines = problemsOf(yaml, overrides);
    CAPTURE(lines);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

/// The words that `type:` may have: of JoinSettings or OutputSettings.
template <class Kinds>
std::vector<std::string> typeWords() {
    return wordsOf(std::type_identity<Kinds>());
}

/// A folder of its own, gone with this.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "spillway-config-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    std::string write(const std::string& name, std::string_view contents) const {
        std::ofstream(path_ / name, std::ios::binary) << contents;
        return (path_ / name).string();
    }

  private:
    std::filesystem::path path_;
};

/// An environment variable that is set as long as this lives.
class Variable {
  public:
    Variable(const char* name, const std::string& value)
        : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { ::unsetenv(name_); }

  private:
    const char* name_;
};

} // namespace spillway::config
