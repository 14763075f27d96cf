// Runs the cases that the command line names, and returns main()'s exit status.
#pragma once

namespace spillway::test {

int runCatch(int argc, char** argv);

} // namespace spillway::test
