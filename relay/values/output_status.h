// What an output reports to API and log.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace spillway::relay {

/// What an output says about itself to API and log. Written by the output on its loop, read by the main loop.
class OutputStatus {
  public:
    struct Reading {
        std::string target; ///< file or address that is written now
        std::string error;  ///< why the last write failed; empty while all is well
        std::uint64_t errors = 0;
    };
    void setTarget(std::string target);
    void setError(std::string error); ///< empty clears it; else counts
    Reading read() const;

  private:
    mutable std::mutex mutex_; ///< protects reading_; never taken by a streaming thread
    Reading reading_;
};

} // namespace spillway::relay
