// How glibc's allocator keeps what was freed. Before the first thread but the main one.
#pragma once

namespace spillway::daemon {

/// All threads share two arenas instead of eight for each core, each of which keeps what its threads freed:
/// after six minutes of coming and going the process has 133 instead of 191 MiB (README.md). MALLOC_ARENA_MAX
/// in the environment counts more.
void limitArenas();

} // namespace spillway::daemon
