#include "daemon/allocator.h"

#include "support/catch.h"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace spillway::daemon;

namespace {

/// What malloc_info() lists (malloc_info(3)).
int arenas() {
    char* text = nullptr;
    std::size_t size = 0;
    FILE* stream = ::open_memstream(&text, &size);
    ::malloc_info(0, stream);
    std::fclose(stream);
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    int count = 0;
    for (std::string_view rest(text, size); rest.find("<heap nr=") != std::string_view::npos; ++count)
        rest.remove_prefix(rest.find("<heap nr=") + 1);
    return count;
}

} // namespace

TEST_CASE("however many threads allocate, they share two arenas") {
    limitArenas();
    const int before = arenas();
    constexpr int count = 8;
    std::latch all(count);
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&] {
            const std::string some(1000, 'x');
            all.arrive_and_wait(); // each has an arena until all have one
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(arenas() <= std::max(2, before));
}
