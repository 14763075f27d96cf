// Keeps to the rule that no offer is given before the one before is answered. Pure.
//
// Janus gives one at a time too, but a transport that it ends while its offer is open is replaced by one with
// a new offer: that one waits, and the answer to the old one is for nobody. Owner: JanusConnector.
#pragma once

#include "daemon/signalling/connector.h"

#include <functional>
#include <optional>

namespace spillway::daemon::janus {

class Offers {
  public:
    using Give = std::function<void(SfuOffer)>;

    explicit Offers(Give give)
        : give_(std::move(give)) {}

    void add(SfuOffer offer);
    /// The transport of the open offer is gone.
    void outdate();
    /// Whether this answer is for Janus. The next offer may be given inside.
    bool answered();
    /// Nobody is going to answer.
    void clear();

  private:
    enum class Open { none, current, outdated };

    Give give_;
    Open open_ = Open::none;
    std::optional<SfuOffer> next_;
};

} // namespace spillway::daemon::janus
