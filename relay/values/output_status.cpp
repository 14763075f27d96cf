#include "relay/values/output_status.h"

#include <utility>

namespace spillway::relay {

void OutputStatus::setTarget(std::string target) {
    const std::lock_guard lock(mutex_);
    reading_.target = std::move(target);
}

void OutputStatus::setError(std::string error) {
    const std::lock_guard lock(mutex_);
    if (!error.empty()) ++reading_.errors;
    reading_.error = std::move(error);
}

OutputStatus::Reading OutputStatus::read() const {
    const std::lock_guard lock(mutex_);
    return reading_;
}

} // namespace spillway::relay
