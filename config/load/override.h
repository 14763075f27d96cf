// KEY=VALUE of --set, put into the tree before it is read, so that an override meets the same rules as the
// file.
#pragma once

#include "config/load/document.h"
#include "config/load/problems.h"

#include <string>

namespace spillway::config {

/// KEY is a dotted path (`http.listen`, `calls[0].media_timeout` or `calls.0.media_timeout`; the element must
/// be there), VALUE is YAML. Replaces or adds the value; what is wrong becomes a problem that names "--set
/// KEY".
void applyOverride(TreeNode& root, const std::string& override, Problems& problems);

} // namespace spillway::config
