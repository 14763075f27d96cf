// The WHEP server behind HTTP as the daemon has it, with a relay made by hand.
#pragma once

#include "daemon/signalling/whep/whep_server.h"
#include "daemon/support/routed_server.h"

#include <map>
#include <memory>
#include <optional>

namespace spillway::test {

inline const std::string whepEndpoint = "/whep/studio/alice";
/// Takes every viewer, or refuses every one.
struct HandmadeRelay {
    relay::ViewAnswer view(const relay::ViewRequest& request, daemon::whep::Viewers::OnEnded onEnded) {
        if (refusal) throw relay::ViewRefused(*refusal, "why");
        if (endsAtOnce) onEnded("gone");
        requests.push_back(request);
        present[++last] = std::move(onEnded);
        return {last, "v=0\r\nanswer", "theirs"};
    }
    bool end(relay::ViewerId viewer) { return present.erase(viewer) > 0; }
    /// As when consent is gone.
    void lose(relay::ViewerId viewer) { present.extract(viewer).mapped()("consent"); }
    daemon::whep::Viewers asViewers() {
        return {[this](const auto& request, auto onEnded) { return view(request, std::move(onEnded)); },
                [this](relay::ViewerId viewer) { return end(viewer); }};
    }

    std::optional<relay::ViewRefused::Kind> refusal;
    bool endsAtOnce = false;
    relay::ViewerId last = 0;
    std::map<relay::ViewerId, daemon::whep::Viewers::OnEnded> present;
    std::vector<relay::ViewRequest> requests;
};

struct WhepNode {
    explicit WhepNode(const config::HttpSettings& http = localSettings(), RoutedServer::Limits limits = {})
        : server(loop, http, router, counts, limits) {
        whep->addRoutes(router);
        server.listen();
    }

    /// A signed token for a part of the node.
    std::string token(config::TokenRole role, const daemon::http::Scope& scope,
                      std::chrono::milliseconds life = std::chrono::hours(1)) {
        return signedBy(server.signedTokens(), role, scope, life);
    }

    Reply ask(const std::string& method, const std::string& path, const Headers& headers = {},
              const std::string& body = {}) {
        return test::ask(loop, server.addresses().front().port(),
                         requestText(method, fromRoot(path), headers, body));
    }
    Reply post(const std::string& path = whepEndpoint, const std::string& type = "application/sdp",
               Headers headers = {}) {
        headers["Content-Type"] = type;
        return ask("POST", path, headers, "v=0\r\noffer");
    }
    Reply patch(const std::string& session, const std::string& ifMatch, const std::string& body,
                const std::string& type = "application/trickle-ice-sdpfrag") {
        Headers headers{{"Content-Type", type}};
        if (!ifMatch.empty()) headers["If-Match"] = ifMatch;
        return ask("PATCH", session, headers, body);
    }

    relay::Loop loop;
    HandmadeRelay relay;
    std::unique_ptr<daemon::whep::Server> whep = std::make_unique<daemon::whep::Server>(
        loop, relay.asViewers(),
        std::vector<config::IceServer>{{"stun:a.example", "", std::nullopt},
                                       {"turn:b.example", "me", config::Secret("hunter2")}});
    daemon::http::Router router;
    daemon::http::RequestCounts counts;
    daemon::http::Server server;
};

} // namespace spillway::test
