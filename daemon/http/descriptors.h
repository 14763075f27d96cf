// Whether new sessions must leave the last file descriptors to HTTP.
#pragma once

namespace spillway::daemon::http {

/// Less than a quarter of the limit, or 32, are free: enough for requests and their answers. Any thread.
bool fewDescriptorsLeft();

} // namespace spillway::daemon::http
