#include "config/path.h"

#include "loading.h"

using namespace spillway::config;

TEST_CASE("a path is plain when it leads nowhere twice") {
    CHECK(plainPath("/srv/a/../b/./c/") == "/srv/b/c");
    CHECK(plainPath("/../srv") == "/srv");
    CHECK(plainPath("/") == "/");
    CHECK(plainPath("a/..") == std::filesystem::current_path());
}

TEST_CASE("a path is below a directory by its names, and not by their letters") {
    const std::vector<std::filesystem::path> directories{"/srv/a", "/var/lib"};
    for (const auto* path : {"/srv/a", "/srv/a/", "/srv/a/b", "/srv/b/../a/c", "/var/lib/x"})
        CHECK(isBelowOneOf(directories, path));
    for (const auto* path : {"/srv", "/srv/ab", "/srv/a/../b", "/var/lib/../../etc/passwd", "/", "srv/a"})
        CHECK_FALSE(isBelowOneOf(directories, path));
    CHECK(isBelowOneOf({"/"}, "/etc"));
    CHECK_FALSE(isBelowOneOf({}, "/etc"));
}

TEST_CASE("the directories of the API are plain") {
    const Settings settings = valid(load("http: {api: {directories: [/srv/a/../b/, c]}}", "f"));
    CHECK(settings.http.api.directories ==
          std::vector<std::filesystem::path>{"/srv/b", std::filesystem::current_path() / "c"});
}
