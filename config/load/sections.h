// The tables of keys, a function for each mapping that something else refers to. What each key may hold
// stands in the .cpp files, one for each section of the document.
#pragma once

#include "config/load/keys.h"
#include "config/settings.h"

namespace spillway::config {

const Keys<Settings>& documentKeys();
const Keys<HttpSettings>& httpKeys();
const Keys<WebrtcSettings>& webrtcKeys();
const Keys<CallSettings>& callKeys();
const Keys<SubscriptionSettings>& subscriptionKeys();

/// Checks across the keys of one call.
void checkCall(const Value& value, const CallSettings& call);
/// Checks across the document: the same name twice, more than the limits allow.
void checkDocument(const Value& document, const Settings& settings);

} // namespace spillway::config
