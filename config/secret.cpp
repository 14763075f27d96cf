#include "config/secret.h"

namespace spillway::config {

bool Secret::matches(std::string_view candidate) const {
    if (value_.empty()) return false;
    // volatile stops the compiler from leaving the loop at the first difference.
    volatile unsigned char difference = candidate.size() == value_.size() ? 0 : 1;
    std::size_t at = 0;
    for (const char c : candidate) {
        const auto wanted = static_cast<unsigned char>(value_[at]);
        difference = static_cast<unsigned char>(difference | (static_cast<unsigned char>(c) ^ wanted));
        if (++at == value_.size()) at = 0;
    }
    return difference == 0;
}

} // namespace spillway::config
