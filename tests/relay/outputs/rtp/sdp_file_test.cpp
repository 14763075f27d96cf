#include "relay/outputs/rtp/sdp_file.h"

#include "relay/base/descriptor.h"
#include "relay/outputs/media.h"
#include "support/catch.h"
#include "support/wait.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace spillway::relay;
using namespace spillway::test;

namespace {

SdpStream stream(const std::string& title) {
    SdpStream stream;
    stream.address = SocketAddress::parse("127.0.0.1")->withPort(5000);
    stream.title = title;
    return stream;
}

std::string textOf(const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path)) return {};
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("a subscription that comes back waits for the file that the one before it could not write yet") {
    const TemporaryDirectory folder;
    const auto path = folder.path() / "a.sdp";
    const auto temporary = path.string() + ".new";
    // More than a pipe holds: it is written once somebody reads it.
    REQUIRE(::mkfifo(temporary.c_str(), 0600) == 0);
    SdpFile(path, "before").set(0, stream(std::string(200'000, 'x')));
    // Opens once the writer has.
    const Descriptor reader(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(reader);
    SdpFile after(path, "after");
    after.set(0, stream("new"));
    std::array<char, 4096> part{};
    while (::read(reader.get(), part.data(), part.size()) > 0) {
    }
    CHECK(eventually([&] { return textOf(path).find("i=new\r\n") != std::string::npos; }));
    CHECK(after.problem().empty());
}
