// The tables of keys that more than one file needs. What each key may contain is in the .cpp files, one for
// each section of the document.
#pragma once

#include "config/load/keys.h"
#include "config/settings.h"

namespace spillway::config {

const Keys<Settings>& documentKeys();
const Keys<HttpSettings>& httpKeys();
const Keys<WebrtcSettings>& webrtcKeys();
const Keys<CallSettings>& callKeys();
const Keys<SubscriptionSettings>& subscriptionKeys();
/// Of a signed token that is to be made.
const Keys<TokenSettings>& tokenKeys();

/// Checks that involve more than one key of a token that is to be made.
void checkToken(const Value& value, const TokenSettings& token);
/// Checks that no key of `http.signed_tokens` is known to who has a fixed token, or stands there twice.
void checkSigningKeys(const Value& value, const HttpSettings& http);
/// Checks that each address of `webrtc.announce` has a port of its own or one of `webrtc.listen`.
void checkAnnounce(const Value& value, const WebrtcSettings& webrtc);
/// Checks that involve more than one key of a call.
void checkCall(const Value& value, const CallSettings& call);
/// Checks that involve more than one key: duplicate names, more than the limits allow.
void checkDocument(const Value& document, const Settings& settings);

} // namespace spillway::config
