"""The calls of libc that Python 3.11 has no function for. Each raises OSError."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

# mount_setattr(2): one number on all architectures since Linux 5.12.
_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE, _ATTR_READ_ONLY = -100, 0x8000, 1

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18


def _checked(result, what):
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def prctl(option, *arguments):
    numbers = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *numbers), f'prctl {option}')


def personality():
    return _checked(_libc.personality(ctypes.c_ulong(0xffffffff)), 'personality')


def unshare(flags):
    _checked(_libc.unshare(flags), 'unshare')


def mount(source, target, kind=None, flags=0, data=None):
    encoded = [text and text.encode() for text in (source, target, kind, data)]
    _checked(_libc.mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3]), f'mount {target}')


def read_only(target, on=True, recursive=False):
    """Sets or clears that one attribute and leaves the others, which may be locked."""
    changes = (ctypes.c_uint64 * 4)(_ATTR_READ_ONLY if on else 0, 0 if on else _ATTR_READ_ONLY, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    _checked(_libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, changes, ctypes.sizeof(changes)),
             f'mount_setattr {target}')
