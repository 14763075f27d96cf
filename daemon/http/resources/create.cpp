#include "daemon/http/resources/create.h"

#include "daemon/http/problem.h"

namespace spillway::daemon::http {

Response invalid(const std::string& what, const std::vector<config::Problem>& problems) {
    std::vector<std::string> errors;
    errors.reserve(problems.size());
    for (const auto& one : problems)
        errors.push_back(one.text());
    return problem(422, "the body is not a valid " + what + "; see errors", errors);
}

} // namespace spillway::daemon::http
