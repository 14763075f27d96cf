// Walking the folders of recordings step by step, so that none can be swapped for a link meanwhile. Output
// loop thread: each call may take as long as the file system does.
#pragma once

#include "relay/base/descriptor.h"

#include <string>
#include <vector>

namespace spillway::relay {

/// Of a folder in `base`; nothing when it is a link, or no folder.
Descriptor openFolder(int base, const std::string& name);

/// Names in that folder.
std::vector<std::string> entriesOf(int folder);

/// Calls `visit` with the name and the descriptor of each folder in `base` that is one itself, not a link to
/// one.
template <class Visit>
void eachFolder(int base, Visit visit) {
    for (const std::string& name : entriesOf(base))
        if (const Descriptor folder = openFolder(base, name)) visit(name, folder.get());
}

/// By this process or another (recording_file.h).
bool isBeingWritten(int folder, const std::string& name);

} // namespace spillway::relay
