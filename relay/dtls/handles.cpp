#include "relay/dtls/handles.h"

#include <openssl/err.h>

#include <array>
#include <stdexcept>

namespace spillway::relay::openssl {

std::string takeError(std::string_view otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return std::string(otherwise);
    if (const char* reason = ERR_reason_error_string(code)) return reason;
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("OpenSSL: ") + what + ": " + takeError("failed"));
}

} // namespace spillway::relay::openssl
