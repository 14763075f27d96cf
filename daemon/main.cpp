#include "daemon/run.h"

int main(int argc, char** argv) {
    return spillway::daemon::run({argv + 1, argv + argc});
}
