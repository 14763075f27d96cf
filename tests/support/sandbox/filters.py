"""The options that systemd turns into seccomp filters, one filter for each, as its src/shared/seccomp-util.c does."""

import errno
import mmap
import os
import socket
import stat
import subprocess

import seccomp

import libc
from unit import UnitError

# <sched.h> has policies up to 7; what is above them is refused too.
_SCHED_OTHER, _SCHED_BATCH, _SCHED_IDLE, _LAST_POLICY = 0, 3, 5, 7
_SHM_EXEC = 0o100000
_UNKNOWN = -1  # __NR_SCMP_ERROR of <seccomp.h>
# <linux/sched.h>: cgroup, UTS, IPC, user, PID, network, mount, time.
_NAMESPACES = (0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x00000080)
# Where each call has its mode.
_MODE = {'chmod': 1, 'fchmod': 1, 'fchmodat': 2, 'mkdir': 1, 'mkdirat': 2, 'mknod': 1, 'mknodat': 2, 'creat': 1}
_OPEN_MODE = {'open': 2, 'openat': 3}

# These forbid whole calls, beside what the mounts do.
_CALLS = {
    'PrivateDevices': ['@raw-io'],
    'ProtectClock': ['@clock'],
    'ProtectHostname': ['sethostname', 'setdomainname'],
    'ProtectKernelLogs': ['syslog'],
    'ProtectKernelModules': ['@module'],
}


def of(unit):
    """All of them; the list of calls comes last, because loading is a call."""
    made = [make(unit) for option, make in _VALUES.items() if option in unit.options]
    made += [make() for option, make in _SWITCHES.items() if unit.is_on(option)]
    made += [_refusing(_members(calls)) for option, calls in _CALLS.items() if unit.is_on(option)]
    return made + [_system_calls(unit)]


def _filter(default=seccomp.ALLOW):
    made = seccomp.SyscallFilter(default)
    made.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.ALLOW)  # SystemCallArchitectures= is for those
    return made


def _has(argument, bits):
    return seccomp.Arg(argument, seccomp.MASKED_EQ, bits, bits)


def _forbidding(*rules, code=errno.EPERM):
    """Each rule is a call and what its arguments are when it is refused."""
    made = _filter()
    for call, *arguments in rules:
        made.add_rule(seccomp.ERRNO(code), call, *arguments)
    return made


def _refusing(calls):
    return _forbidding(*([call] for call in sorted(calls)))


def _memory():
    return _forbidding(
        ('mmap', _has(2, mmap.PROT_WRITE | mmap.PROT_EXEC)), ('mprotect', _has(2, mmap.PROT_EXEC)),
        ('pkey_mprotect', _has(2, mmap.PROT_EXEC)), ('shmat', _has(2, _SHM_EXEC)))


def _realtime():
    allowed = (_SCHED_OTHER, _SCHED_BATCH, _SCHED_IDLE)
    forbidden = [seccomp.Arg(1, seccomp.EQ, policy) for policy in range(_LAST_POLICY + 1) if policy not in allowed]
    forbidden.append(seccomp.Arg(1, seccomp.GT, _LAST_POLICY))
    return _forbidding(*(('sched_setscheduler', argument) for argument in forbidden))


def _namespaces():
    made = _forbidding(
        ('setns',), *(('unshare', _has(0, flag)) for flag in _NAMESPACES), *(('clone', _has(0, flag)) for flag in _NAMESPACES))
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), 'clone3')  # its flags are in memory: glibc goes back to clone
    return made


def _set_ids():
    made = _filter()
    for bit in (stat.S_ISUID, stat.S_ISGID):
        for call, position in _MODE.items():
            made.add_rule(seccomp.ERRNO(errno.EPERM), call, _has(position, bit))
        for call, position in _OPEN_MODE.items():
            made.add_rule(seccomp.ERRNO(errno.EPERM), call, _has(position - 1, os.O_CREAT), _has(position, bit))
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), 'openat2')  # its mode is in memory
    return made


def _personality():
    return _forbidding(('personality', seccomp.Arg(0, seccomp.NE, libc.personality())))


def _families(unit):
    words = ' '.join(unit.lines('RestrictAddressFamilies')).split()
    allowed = {getattr(socket, word, None) for word in words if word.startswith('AF_')}
    if len(allowed) != len(words) or None in allowed:
        unit.refuse('RestrictAddressFamilies')
    forbidden = [seccomp.Arg(0, seccomp.EQ, family) for family in range(max(allowed)) if family not in allowed]
    forbidden.append(seccomp.Arg(0, seccomp.GT, max(allowed)))
    return _forbidding(*(('socket', argument) for argument in forbidden), code=errno.EAFNOSUPPORT)


def _architectures(unit):
    if unit.value('SystemCallArchitectures') != 'native':
        unit.refuse('SystemCallArchitectures')
    made = seccomp.SyscallFilter(seccomp.ALLOW)
    made.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    return made


_VALUES = {'RestrictAddressFamilies': _families, 'SystemCallArchitectures': _architectures}
_SWITCHES = {
    'MemoryDenyWriteExecute': _memory,
    'RestrictRealtime': _realtime,
    'RestrictNamespaces': _namespaces,
    'RestrictSUIDSGID': _set_ids,
    'LockPersonality': _personality,
}
OPTIONS = {'SystemCallFilter', 'SystemCallErrorNumber', *_VALUES, *_SWITCHES, *_CALLS}


def _system_calls(unit):
    """SystemCallFilter=: a list of what is allowed, from which lines with ~ take away and to which others add."""
    lines = unit.lines('SystemCallFilter')
    if not lines or lines[0].startswith('~'):
        raise UnitError(f'{unit.path}: SystemCallFilter= does not begin with what is allowed')
    allowed = _members(['@default'])
    for line in lines:
        if line.startswith('~'):
            allowed -= _members(line[1:].split())
        else:
            allowed |= _members(line.split())
    made = _filter(_refusal(unit))
    for call in sorted(allowed):
        made.add_rule(seccomp.ALLOW, call)
    return made


def _refusal(unit):
    name = unit.value('SystemCallErrorNumber')
    if not name:
        return seccomp.KILL_PROCESS
    return seccomp.ERRNO(getattr(errno, name, None) or unit.refuse('SystemCallErrorNumber'))


_sets = {}


def _members(words):
    """The calls that sets and names stand for. systemd leaves out those that this libseccomp does not know, as we do."""
    if not _sets:
        _read_sets()
    calls = set()
    for word in words:
        if word in _sets:
            calls |= _members(_sets[word])
        elif not any(word in members for members in _sets.values()):
            raise UnitError(f'systemd-analyze syscall-filter knows no {word}')
        elif seccomp.resolve_syscall(seccomp.Arch(), word) != _UNKNOWN:
            calls.add(word)
    return calls


def _read_sets():
    text = subprocess.run(['systemd-analyze', 'syscall-filter'], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if line.startswith('@'):
            members = _sets.setdefault(line.strip(), [])
        elif line.startswith('    ') and not line.lstrip().startswith('#'):
            members.append(line.strip())
