// That a subscription of this process records into a directory, from constructor to destructor. Any thread.
#pragma once

#include "relay/outputs/place.h"

namespace spillway::relay {

class DirectoryUse {
  public:
    explicit DirectoryUse(Place::Found directory);
    ~DirectoryUse();
    DirectoryUse(const DirectoryUse&) = delete;
    DirectoryUse& operator=(const DirectoryUse&) = delete;

    /// Whether another subscription records into it too, by whatever path.
    bool isShared() const;

  private:
    const Place::Found directory_;
};

} // namespace spillway::relay
