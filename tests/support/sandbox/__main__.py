"""Runs a command under the sandbox of a unit file, without systemd: what the [Service] section forbids is forbidden.

    /usr/bin/python3 tests/support/sandbox UNIT STATE COMMAND…

UNIT is read, never repeated here: an option, set or value that this program does not know is an error that names it, so
that it cannot drift from the unit. STATE is one folder that stands for StateDirectory=, RuntimeDirectory= and
CacheDirectory=; with ProtectSystem=strict only that and /tmp, which is empty, can be written to. What needs the service
manager is listed on stderr as not applied. Runs as root, also as root of a user namespace (support/isolated.sh). The
command replaces this process and keeps its pid.
"""

import os
import shutil
import sys

import filters
import mounts
import privileges
from unit import Unit, UnitError

# What the service manager does with any program; none of it forbids something.
SERVICE = set(
    'Type NotifyAccess ExecStart ExecReload WatchdogSec TimeoutStartSec TimeoutStopSec Restart RestartSec '
    'RestartPreventExitStatus User Group StateDirectory RuntimeDirectory CacheDirectory StateDirectoryMode '
    'RuntimeDirectoryMode CacheDirectoryMode Nice'.split())

# Control groups, other users' processes, and what happens when the service ends.
NOT_APPLIED = set('TasksMax DevicePolicy ProtectProc KeyringMode RemoveIPC'.split())


def main(unit_file, state, *command):
    unit = Unit(unit_file)
    unit.require_known(SERVICE | NOT_APPLIED | privileges.OPTIONS | mounts.OPTIONS | filters.OPTIONS)
    program = shutil.which(command[0])
    if not program:
        raise UnitError(f'{command[0]}: no such program')
    # First all that reads files and runs programs, which the mounts and filters may take away.
    loaded = filters.of(unit)
    environment = privileges.environment(unit, os.path.abspath(state))
    mounts.apply(unit, os.path.abspath(program), os.path.abspath(state))
    skipped = NOT_APPLIED & unit.options.keys() | privileges.limit(unit)
    if skipped:
        print(f'sandbox: not applied: {" ".join(sorted(skipped))}', file=sys.stderr, flush=True)
    privileges.drop(unit)
    for each in loaded:
        each.load()
    os.execve(os.path.abspath(program), [program, *command[1:]], environment)


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit('usage: sandbox UNIT STATE COMMAND…')
    try:
        main(*sys.argv[1:])
    except (UnitError, OSError) as error:
        sys.exit(f'sandbox: {error}')
