#include "daemon/http/resources/refusal.h"

#include "daemon/http/problem.h"

namespace spillway::daemon::http {

namespace {

constexpr std::chrono::seconds retryAfter{5};

} // namespace

Response refusal(const relay::Refused& refused) {
    switch (refused.kind()) {
    case relay::Refused::Kind::duplicate:
        return problem(409, refused.what());
    case relay::Refused::Kind::limit:
        return problem(503, refused.what(), retryAfter);
    case relay::Refused::Kind::invalid:
        break;
    }
    return problem(422, refused.what(), {refused.what()});
}

Response invalid(const std::string& what, const std::vector<config::Problem>& problems) {
    std::vector<std::string> errors;
    errors.reserve(problems.size());
    for (const auto& one : problems)
        errors.push_back(one.text());
    return problem(422, "this is not a valid " + what + "; see errors", errors);
}

} // namespace spillway::daemon::http
