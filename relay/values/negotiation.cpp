#include "relay/values/negotiation.h"

namespace spillway::relay {

const char* lostCauseName(LostCause cause) {
    switch (cause) {
    case LostCause::ice:
        return "ice";
    case LostCause::timeout:
        return "timeout";
    case LostCause::dtls:
        return "dtls";
    case LostCause::fingerprint:
        return "fingerprint";
    case LostCause::signalling:
        break;
    }
    return "signalling";
}

} // namespace spillway::relay
