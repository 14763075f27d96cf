// Puts the KEY=VALUE of --set into the tree before it is read, so that the rules of the file apply to
// overrides too.
#pragma once

#include "config/load/document.h"
#include "config/load/problems.h"

#include <string>

namespace spillway::config {

/// KEY is a dotted path (`http.listen`, `calls[0].media_timeout` or `calls.0.media_timeout`, where the
/// element must exist); VALUE is YAML. Replaces or adds the value. Problems show "--set KEY" in place of a
/// file.
void applyOverride(TreeNode& root, const std::string& override, Problems& problems);

} // namespace spillway::config
