"""Limits, environment, capabilities and the user namespace."""

import os
import resource

import libc
from unit import UnitError

OPTIONS = set('UMask LimitNOFILE Environment CapabilityBoundingSet AmbientCapabilities NoNewPrivileges PrivateUsers'.split())

_CLONE_NEWUSER = 0x10000000
# <linux/prctl.h>
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _CLEAR_ALL = 24, 38, 47, 4


def environment(unit, state):
    """The caller's and the unit's own; %S, %t and %C are the one folder."""
    result = dict(os.environ)
    for line in unit.lines('Environment'):
        name, _, value = line.partition('=')
        for specifier in ('%S', '%t', '%C'):
            value = value.replace(specifier, state)
        if '%' in value or ' ' in value or '"' in value:
            unit.refuse('Environment')
        result[name] = value
    return result


def limit(unit):
    """Returns the options that this process may not apply in full."""
    if 'UMask' in unit.options:
        os.umask(int(unit.value('UMask'), 8))
    if 'LimitNOFILE' not in unit.options:
        return set()
    files = int(unit.value('LimitNOFILE'))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    except ValueError:  # above the caller's own, and root has no CAP_SYS_RESOURCE here
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return {'LimitNOFILE'}
    return set()


def drop(unit):
    """No capability of any kind is left after the exec: root gets what the bounding set has, which is nothing."""
    if unit.is_on('PrivateUsers'):
        _own_user_namespace()
    if unit.is_set('AmbientCapabilities', only=''):
        libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)
    if unit.is_set('CapabilityBoundingSet', only=''):
        _empty_bounding_set()
    if not unit.is_on('NoNewPrivileges'):
        raise UnitError(f'{unit.path}: without NoNewPrivileges=yes nobody but systemd can load its filters')
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _own_user_namespace():
    user, group = os.geteuid(), os.getegid()
    libc.unshare(_CLONE_NEWUSER)
    for name, text in (('setgroups', 'deny'), ('uid_map', f'{user} {user} 1'), ('gid_map', f'{group} {group} 1')):
        with open(f'/proc/self/{name}', 'w', encoding='ascii') as file:
            file.write(text)


def _empty_bounding_set():
    with open('/proc/sys/kernel/cap_last_cap', encoding='ascii') as file:
        last = int(file.read())
    for capability in range(last + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability)
