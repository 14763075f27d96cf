// Signals as calls on the main loop. Owner: App. Loop thread.
#pragma once

#include "relay/base/source.h"

#include <functional>

namespace spillway::daemon {

class Signal {
  public:
    /// Calls `fn` on the loop each time the signal comes, until this goes.
    Signal(int number, std::function<void()> fn);

  private:
    relay::Source source_;
};

/// Writing to a socket that is closed is an error of that write, not the end of the process.
void ignoreBrokenPipes();

} // namespace spillway::daemon
