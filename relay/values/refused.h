// A wish that cannot be granted.
#pragma once

#include <stdexcept>
#include <string>

namespace spillway::relay {

class Refused : public std::runtime_error {
  public:
    /// For the API, which makes a status of it.
    enum class Kind {
        duplicate, ///< 409: the name is taken
        limit,     ///< 503: a configured limit is reached, or an address is not known yet; later it may work
        invalid,   ///< 422: it can never work as written
    };
    Refused(Kind kind, const std::string& what)
        : std::runtime_error(what)
        , kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

} // namespace spillway::relay
