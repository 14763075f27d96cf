#include "relay/base/cores.h"

#include "support/catch.h"

#include <cstdlib>
#include <fstream>

using namespace spillway::relay;
namespace fs = std::filesystem;

TEST_CASE("a quota is so many CPUs, rounded up") {
    CHECK(coresOfQuota("150000 100000") == 2);
    CHECK(coresOfQuota("100000 100000") == 1);
    CHECK(coresOfQuota("1000 100000") == 1);
    for (const char* none : {"max 100000", "", "x", "0 100000", "-1 100000", "1 0"})
        CHECK(coresOfQuota(none) == 0);
}

TEST_CASE("of a cgroup and those above it the least quota counts") {
    std::string name = (fs::temp_directory_path() / "spillway-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    const fs::path root = name;
    const auto limit = [&](const fs::path& group, const char* quota) {
        fs::create_directories(root / group);
        std::ofstream(root / group / "cpu.max") << quota << '\n';
    };
    CHECK(coresOfGroup(root, "a/b") == 0);
    limit("a/b", "400000 100000");
    CHECK(coresOfGroup(root, "a/b") == 4);
    limit("a", "300000 100000");
    CHECK(coresOfGroup(root, "a/b") == 3);
    limit("a", "max 100000");
    limit("", "200000 100000");
    CHECK(coresOfGroup(root, "a/b") == 2);
    fs::remove_all(root);
    CHECK(usableCores() >= 1);
}
