// What the relay refuses as an HTTP status: the one place that knows which. Pure, any thread.
#pragma once

#include "daemon/http/message.h"
#include "relay/values/negotiation.h"
#include "relay/values/refused.h"
#include "relay/values/viewing.h"

namespace spillway::daemon::http {

Response refusal(const relay::Refused& refused);
Response refusal(const relay::ViewRefused& refused);
Response refusal(const relay::NegotiationError& error);

} // namespace spillway::daemon::http
