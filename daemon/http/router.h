// The table of routes: which handler serves a method and a path, and who may ask.
//
// Comes in: method and raw path. Goes out: the route with the decoded parameters, or which methods the path
// has. HEAD is served by GET; OPTIONS is answered by the server where no route of its own is here. Loop
// thread.
#pragma once

#include "daemon/http/message.h"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::daemon::http {

/// How a token for a part of the node reaches a route.
enum class Reach {
    whole,    ///< not at all
    named,    ///< where it covers the call, participant and source of the path
    filtered, ///< where it meets them; the handler leaves out what lies outside
};

/// Where a token may stand.
enum class TokenPlace {
    header,
    /// For players that can send no header: also in the URL and in Basic, as long as it is signed, for a
    /// part of the node, and of the role `view`.
    anywhere,
};

/// What a route asks of who asks.
struct Needs {
    /// Most routes say no more than the role.
    Needs(Access role, Reach how = Reach::whole, TokenPlace where = TokenPlace::header)
        : access(role)
        , reach(how)
        , tokenPlace(where) {}

    Access access;
    Reach reach;
    TokenPlace tokenPlace;
};

struct Route {
    std::string method;
    std::string pattern; ///< `/v1/calls/{call}`; a parameter is one whole segment
    Needs needs;
    /// Media types that the body may have, as in `Accept-Post`: `a/b, c/d`; empty: a body is not looked at.
    std::string bodyType;
    Handler handler;
};

struct Match {
    const Route* route = nullptr;     ///< null: no such path, or not this method
    const Route* path = nullptr;      ///< any route of this path; null: unknown path
    std::vector<std::string> allowed; ///< methods of this path, for `Allow`
    std::map<std::string, std::string> params;
};

class Router {
  public:
    /// Answers within the call.
    using AnswerNow = std::function<Response(const Request&)>;

    void get(std::string pattern, Needs needs, AnswerNow answer);
    void del(std::string pattern, Needs needs, AnswerNow answer);
    void options(std::string pattern, AnswerNow answer); ///< open to all
    void post(std::string pattern, Needs needs, std::string bodyType, AnswerNow answer);
    void patch(std::string pattern, Needs needs, std::string bodyType, AnswerNow answer);
    /// For a handler that may answer later.
    void add(Route route);
    Match match(std::string_view method, std::string_view path) const;
    const std::deque<Route>& routes() const { return routes_; }

  private:
    std::deque<Route> routes_; // a Match points into it
};

/// `GET, HEAD, OPTIONS`
std::string joinMethods(const std::vector<std::string>& methods);

} // namespace spillway::daemon::http
