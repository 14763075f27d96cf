#include "relay/net/name_lookup.h"

#include <gio/gio.h>

#include <cstring>
#include <memory>
#include <utility>

namespace spillway::relay {

namespace {

SocketAddress addressOf(GInetAddress* address) {
    const guint8* bytes = g_inet_address_to_bytes(address);
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6) {
        in6_addr v6{};
        std::memcpy(&v6, bytes, sizeof v6);
        return SocketAddress::of(v6, 0);
    }
    in_addr v4{};
    std::memcpy(&v4, bytes, sizeof v4);
    return SocketAddress::of(v4, 0);
}

/// On the loop.
void onFinished(GObject* resolver, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<OnNameFound> onFound(static_cast<OnNameFound*>(data));
    GError* error = nullptr;
    GList* addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);
    NameFound found;
    for (const GList* each = addresses; each != nullptr; each = each->next)
        found.addresses.push_back(addressOf(G_INET_ADDRESS(each->data)));
    if (error != nullptr) found.problem = error->message;
    g_clear_error(&error);
    g_resolver_free_addresses(addresses);
    (*onFound)(found);
}

} // namespace

void lookUpName(const std::string& name, OnNameFound onFound) {
    GResolver* resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, name.c_str(), nullptr, onFinished,
                                    std::make_unique<OnNameFound>(std::move(onFound)).release());
    g_object_unref(resolver);
}

} // namespace spillway::relay
