"""What of the file system can be seen and written to (systemd.exec(5), "Sandboxing")."""

import contextlib
import os
import stat

import libc

OPTIONS = set(
    'PrivateDevices PrivateTmp PrivateMounts PrivateIPC ProtectSystem ProtectHome ProtectHostname '
    'ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectControlGroups'.split())

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
_DEVICES = 'null zero full random urandom tty'.split()
_LINKS = {'fd': '/proc/self/fd', 'stdin': '/proc/self/fd/0', 'stdout': '/proc/self/fd/1', 'stderr': '/proc/self/fd/2'}


def apply(unit, program, state):
    """`program` can be read and `state` written to wherever they are, as /usr/bin and /var/lib/spillway can."""
    _own_namespaces(unit)
    with _held(program) as program_source, _held(state) as state_source:
        written = ['/proc', *_empty_folders(unit)]
        if unit.is_on('PrivateDevices'):
            written.append(_few_devices())
        _bind(program_source, program)
        _bind(state_source, state)
        _hide(unit)
        if unit.is_set('ProtectSystem', only='strict'):
            libc.read_only('/', recursive=True)
            for path in (*written, state):
                libc.read_only(path, on=False)
        _protect_kernel(unit)


def _own_namespaces(unit):
    flags = _CLONE_NEWNS  # each of PrivateMounts=, ProtectSystem=, … brings it
    flags |= _CLONE_NEWIPC if unit.is_on('PrivateIPC') else 0
    flags |= _CLONE_NEWUTS if unit.is_on('ProtectHostname') else 0
    libc.unshare(flags)
    libc.mount(None, '/', flags=libc.MS_REC | libc.MS_PRIVATE)


@contextlib.contextmanager
def _held(path):
    """A path to the same file that still leads there when something is mounted above it."""
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield f'/proc/self/fd/{handle}'
    finally:
        os.close(handle)


def _bind(source, target):
    """Makes the target, where it is hidden or missing."""
    if stat.S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'xb'):
            pass
    libc.mount(source, target, flags=libc.MS_BIND | libc.MS_REC)


def _empty_folders(unit):
    """Those that hold nothing of others; returns the ones that can be written to."""
    if unit.is_on('ProtectHome'):
        for path in filter(os.path.isdir, ('/home', '/root', '/run/user')):
            libc.mount('tmpfs', path, 'tmpfs', data='mode=0755')
    temporary = ['/tmp', '/var/tmp'] if unit.is_on('PrivateTmp') else []
    for path in temporary:
        libc.mount('tmpfs', path, 'tmpfs', data='mode=1777')
    return temporary


def _few_devices():
    with contextlib.ExitStack() as held:
        sources = {name: held.enter_context(_held(f'/dev/{name}')) for name in _DEVICES}
        libc.mount('tmpfs', '/dev', 'tmpfs', data='mode=0755')
        for name, source in sources.items():
            _bind(source, f'/dev/{name}')
    for name, target in _LINKS.items():
        os.symlink(target, f'/dev/{name}')
    os.mkdir('/dev/shm')
    os.chmod('/dev/shm', 0o1777)
    return '/dev'


def _hide(unit):
    """Under an empty folder or /dev/null."""
    hidden = []
    if unit.is_on('ProtectKernelModules'):
        hidden.append('/usr/lib/modules')
    if unit.is_on('ProtectKernelLogs'):
        hidden += ['/proc/kmsg', '/dev/kmsg']
    for path in filter(os.path.exists, hidden):
        if os.path.isdir(path):
            libc.mount('tmpfs', path, 'tmpfs', data='mode=0')
        else:
            libc.mount('/dev/null', path, flags=libc.MS_BIND)


def _protect_kernel(unit):
    protected = ['/proc/sys', '/sys'] if unit.is_on('ProtectKernelTunables') else []
    if unit.is_on('ProtectControlGroups'):
        protected.append('/sys/fs/cgroup')
    for path in filter(os.path.isdir, protected):
        libc.mount(path, path, flags=libc.MS_BIND | libc.MS_REC)
        libc.read_only(path, recursive=True)
