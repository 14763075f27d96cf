// Where secrets come from, and that they come out nowhere.
#include "loading.h"

#include <sys/stat.h>
#include <unistd.h>

using namespace spillway::config;

namespace {

const std::string allowed = "allowed: exactly one of {file: PATH}, {credential: NAME}, {env: NAME}";

std::string adminProblem(const std::string& source) {
    return problemOf("http: {tokens: {admin: " + source + "}}");
}

std::string adminToken(const std::string& source) {
    const Settings settings = valid(load("http: {tokens: {admin: " + source + "}}", "f"));
    REQUIRE(settings.http.adminToken);
    return settings.http.adminToken->reveal();
}

} // namespace

TEST_CASE("a secret is read from a file, without the line end at its end") {
    const TemporaryFolder folder;
    CHECK(adminToken("{file: " + folder.write("a", "hunter2") + "}") == "hunter2");
    CHECK(adminToken("{file: " + folder.write("b", "hunter2\n") + "}") == "hunter2");
    CHECK(adminToken("{file: " + folder.write("c", "hunter2\r\n") + "}") == "hunter2");
}

TEST_CASE("a secret is read from the environment") {
    const Variable variable("SPILLWAY_TEST_SECRET", "hunter2");
    CHECK(adminToken("{env: SPILLWAY_TEST_SECRET}") == "hunter2");
}

TEST_CASE("a secret is read from a systemd credential") {
    const TemporaryFolder folder;
    folder.write("admin.token", "hunter2\n");
    const Variable directory("CREDENTIALS_DIRECTORY", folder.path().string());
    CHECK(adminToken("{credential: admin.token}") == "hunter2");
}

TEST_CASE("each role has its token") {
    const Variable a("SPILLWAY_TEST_A", "a");
    const Variable b("SPILLWAY_TEST_B", "b");
    const Variable c("SPILLWAY_TEST_C", "c");
    const Settings settings = valid(load("http: {tokens: {admin: {env: SPILLWAY_TEST_A}, publish: {env: "
                                         "SPILLWAY_TEST_B}, view: {env: SPILLWAY_TEST_C}}}",
                                         "f"));
    CHECK(settings.http.hasTokens());
    CHECK(settings.http.adminToken->matches("a"));
    CHECK(settings.http.publishToken->matches("b"));
    CHECK(settings.http.viewToken->matches("c"));
}

TEST_CASE("what is posted knows the secrets that the configuration exports, and no others") {
    const Variable variable("SPILLWAY_TEST_SECRET", "hunter2");
    const Settings settings = valid(load("http: {api: {secrets: {gate: {env: SPILLWAY_TEST_SECRET}}}}", "f"));
    const auto join = [&](const std::string& token) {
        return loadCall("name: a\njoin: {type: whep, url: 'https://a.example/', token: " + token + "}",
                        "body", settings.http.api);
    };
    CHECK(std::get<WhepJoin>(valid(join("{secret: gate}")).join).token->reveal() == "hunter2");
    CHECK(problemLines(join("{secret: door}")) ==
          Lines{"body:2:63: join.token.secret: http.api.secrets has no door"});
    for (const auto* source : {"{env: SPILLWAY_TEST_SECRET}", "{file: /etc/hostname}", "{credential: gate}",
                               "{secret: gate, file: /etc/hostname}", "hunter2"}) {
        const Lines lines = problemLines(join(source));
        REQUIRE(lines.size() == 1);
        CHECK_THAT(lines[0], Catch::Contains("must be {secret: NAME}, one of http.api.secrets"));
        CHECK_THAT(lines[0], !Catch::Contains("hunter2"));
    }
}

TEST_CASE("a secret that is exported needs a name and a source") {
    const Variable variable("SPILLWAY_TEST_SECRET", "hunter2");
    CHECK_THAT(problemOf("http: {api: {secrets: {gate: hunter2}}}"), !Catch::Contains("hunter2"));
    CHECK_THAT(problemOf("http: {api: {secrets: {'a b': {env: SPILLWAY_TEST_SECRET}}}}"),
               Catch::Contains("name of a secret"));
    CHECK_THAT(
        problemOf("http: {api: {secrets: {a: {env: SPILLWAY_TEST_SECRET}, a: {env: SPILLWAY_TEST_SECRET}}}}"),
        Catch::Contains("duplicate"));
    CHECK_THAT(problemOf("http: {api: {secrets: [a]}}"), Catch::Contains("must be a mapping"));
}

TEST_CASE("a secret file that cannot be used is a problem") {
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK(adminProblem("{file: " + path + "/none}") ==
          "f:1:31: http.tokens.admin.file: cannot read the file " + path +
              "/none: No such file or directory");
    CHECK(adminProblem("{file: " + path + "}") ==
          "f:1:31: http.tokens.admin.file: cannot read the file " + path + ": it is a directory, not a file");
    const std::string empty = folder.write("empty", "\n");
    CHECK(adminProblem("{file: " + empty + "}") ==
          "f:1:31: http.tokens.admin.file: the file " + empty + " is empty");
    const std::string lines = folder.write("lines", "hunter2\nhunter2\n");
    CHECK(adminProblem("{file: " + lines + "}") ==
          "f:1:31: http.tokens.admin.file: the file " + lines + " must hold one line of text");
    const std::string large = folder.write("large", std::string(64 * 1024 + 1, 'x'));
    CHECK(adminProblem("{file: " + large + "}") == "f:1:31: http.tokens.admin.file: cannot read the file " +
                                                       large + ": it is too large; the limit is 64KiB");
    const std::string pipe = path + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(adminProblem("{file: " + pipe + "}") ==
          "f:1:31: http.tokens.admin.file: cannot read the file " + pipe + ": it is not a regular file");
}

TEST_CASE("a credential must be a name, and systemd must have passed it") {
    CHECK(adminProblem("{credential: a}") ==
          "f:1:37: http.tokens.admin.credential: the credential a is missing: systemd has passed none "
          "(set LoadCredential=a:PATH in the unit)");
    const TemporaryFolder folder;
    const Variable directory("CREDENTIALS_DIRECTORY", folder.path().string());
    CHECK(adminProblem("{credential: a}") ==
          "f:1:37: http.tokens.admin.credential: cannot read the credential " + folder.path().string() +
              "/a: No such file or directory");
    for (const auto* name : {"../a", "/etc/passwd", "a/b", "..", "."}) {
        CAPTURE(name);
        CHECK(adminProblem("{credential: " + std::string(name) + "}") ==
              "f:1:37: http.tokens.admin.credential: this is not the name of a systemd credential; allowed: "
              "1 to 64 of A-Z a-z 0-9 . _ -");
    }
}

TEST_CASE("an environment variable must be set and not be empty") {
    CHECK(adminProblem("{env: SPILLWAY_TEST_UNSET}") ==
          "f:1:30: http.tokens.admin.env: the environment variable SPILLWAY_TEST_UNSET is not set");
    const Variable variable("SPILLWAY_TEST_EMPTY", "");
    CHECK(adminProblem("{env: SPILLWAY_TEST_EMPTY}") ==
          "f:1:30: http.tokens.admin.env: the environment variable SPILLWAY_TEST_EMPTY is empty");
    CHECK(adminProblem("{env: 1+1}") == "f:1:30: http.tokens.admin.env: this is not the name of an "
                                        "environment variable; allowed: A-Z a-z 0-9 _");
}

TEST_CASE("a secret has exactly one source, of a known kind") {
    CHECK(adminProblem("hunter2") ==
          "f:1:24: http.tokens.admin: must name where to read the secret from; " + allowed);
    CHECK(adminProblem("{}") ==
          "f:1:24: http.tokens.admin: must name where to read the secret from; " + allowed);
    CHECK(adminProblem("{env: A, file: b}") ==
          "f:1:24: http.tokens.admin: must name where to read the secret from; " + allowed);
    CHECK(adminProblem("{fiel: a}") ==
          "f:1:25: http.tokens.admin: unknown source; " + allowed + "; did you mean \"file\"?");
}

TEST_CASE("a secret written in the wrong place is never repeated") {
    const auto text =
        GENERATE(as<std::string>(), "http: {tokens: {admin: hunter2}}", "http: {tokens: {admin:hunter2}}",
                 "http: {tokens: hunter2}", "http:\n  tokens:\n    admin:hunter2\n",
                 "http: {tokens: {hunter2: }}", "http: {tokens: {hunter2: a, hunter2: b}}",
                 "http: {tokens: {admin: {hunter2}}}", "http: {tokens: {admin: {hunter2: a}}}",
                 "http: {tokens: {admin: [hunter2]}}", "http: {tokens: {admin: {env: hunter2!}}}",
                 "http: {tokens: {admin: {credential: hunter2!}}}", "http: {tokens: {admin: *hunter2}}",
                 "http: {tokens: {admin: !hunter2 x}}", "http: {tokens: {admin: \"hunter2\\q\"}}",
                 "http: {tokens: {admin: @hunter2}}", "http: {tokens: {admin: %hunter2}}",
                 "webrtc: {ice_servers: [{urls: 'turn:a', username: u, password: hunter2}]}",
                 "webrtc: {ice_servers: [{urls: 'turn:a', username: u, password:hunter2}]}",
                 "webrtc: {ice_servers: [{urls: 'turn:u:hunter2@a'}]}");
    const Lines lines = problemsOf(text);
    CAPTURE(text, lines);
    CHECK_FALSE(lines.empty());
    for (const std::string& line : lines)
        CHECK(line.find("hunter2") == std::string::npos);
}

TEST_CASE("no problem elsewhere brings out a secret that was read") {
    const Variable variable("SPILLWAY_TEST_SECRET", "hunter2");
    const Lines lines =
        problemsOf("http: {tokens: {admin: {env: SPILLWAY_TEST_SECRET}}, lisen: a}\nlog: {level: x}\n");
    REQUIRE(lines.size() == 2);
    for (const std::string& line : lines)
        CHECK(line.find("hunter2") == std::string::npos);
}

TEST_CASE("a secret in the value of an override is never repeated") {
    const auto* override = GENERATE("http.tokens.admin=hunter2", "http.tokens.admin=[hunter2",
                                    "http.tokens=hunter2", "http.tokens.admin.hunter2");
    const std::string line = problemOf("", {override});
    CHECK(line.find("hunter2") == std::string::npos);
}
