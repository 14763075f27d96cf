#include "relay/base/mount_point.h"
#include "support/catch.h"

#include <sstream>

using namespace spillway::relay;

TEST_CASE("a path lies on the deepest mount that it is below") {
    const auto mountPoint = [](const char* path) {
        std::istringstream table("22 1 0:20 / / rw - ext4 /dev/vda rw\n"
                                 "23 22 0:21 / /mnt/nfs rw shared:1 - nfs4 host:/ rw\n"
                                 "24 22 0:22 / /mnt rw - ext4 /dev/vdb rw\n"
                                 "25 22 0:23 / /mnt/with\\040blank rw - ext4 /dev/vdc rw\n"
                                 "cut\n");
        return mountPointOf(path, table);
    };
    CHECK(mountPoint("/srv/archive") == "/");
    CHECK(mountPoint("/mnt/nfs") == "/mnt/nfs");
    CHECK(mountPoint("/mnt/nfs/a/../b") == "/mnt/nfs");
    CHECK(mountPoint("/mnt/nfs2") == "/mnt");
    CHECK(mountPoint("/mnt/with blank/x") == "/mnt/with blank");
    CHECK(mountPointOf("/proc/self") == "/proc");
}
