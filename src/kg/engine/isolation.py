"""Take the network, new programs and most of memory away from a worker.

Measured in docs/decisions/0012-worker-isolation.md. A seccomp filter installed for all threads is the wall on
Linux; a table of open files with no place left is a second one wherever a worker has no need to open files.
"""

import contextlib
import ctypes
import os
import platform
import resource
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType


def _calls(names: str) -> tuple[int, ...]:
    return tuple(int(pair.partition("=")[2]) for pair in names.split())


# System calls by name and number for the two machines that Linux servers have.
_X86_64 = _calls(
    "socket=41 connect=42 accept=43 bind=49 listen=50 socketpair=53 accept4=288 "
    "fork=57 vfork=58 execve=59 execveat=322 ptrace=101 process_vm_readv=310 process_vm_writev=311 "
    "pidfd_getfd=438 pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 "
    "unshare=272 setns=308 mount=165 bpf=321 perf_event_open=298 userfaultfd=323 "
    "unlink=87 unlinkat=263 rename=82 renameat=264 renameat2=316 mkdir=83 mkdirat=258 chmod=90 fchmodat=268 "
    "truncate=76 link=86 linkat=265 symlink=88 symlinkat=266 creat=85"
)
_AARCH64 = _calls(
    "socket=198 socketpair=199 bind=200 listen=201 accept=202 connect=203 accept4=242 "
    "execve=221 execveat=281 ptrace=117 process_vm_readv=270 process_vm_writev=271 "
    "pidfd_getfd=438 pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 "
    "unshare=97 setns=268 mount=40 bpf=280 perf_event_open=241 userfaultfd=282 "
    "unlinkat=35 renameat=38 renameat2=276 mkdirat=34 fchmodat=53 truncate=45 linkat=37 symlinkat=36"
)
# Audit architecture, seccomp(2) number and table per machine.
_MACHINES = MappingProxyType(
    {"x86_64": (0xC000003E, 317, _X86_64), "aarch64": (0xC00000B7, 277, _AARCH64)},
)
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_KILL, _EPERM, _ALLOW = 0x80000000, 0x00050000 | 1, 0x7FFF0000
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _TSYNC = 1, 1
# Enough for what Rust says when it panics, and for the end of a traceback.
MOST_WORDS = 500


def deny_network() -> bool:
    """Forbid sockets, new programs and changes of files to every thread of this process, for good.

    Returns:
        False when this system has no seccomp filter for that.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    architecture, seccomp, calls = machine
    program = _program(architecture, calls)
    buffer = ctypes.create_string_buffer(program)

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    wanted = Filter(len(program) // 8, ctypes.addressof(buffer))
    # Threads that RocksDB has already started must not keep the network: TSYNC gives all of them the filter.
    return bool(libc.syscall(seccomp, _SET_MODE_FILTER, _TSYNC, ctypes.byref(wanted)) == 0)


def _program(architecture: int, numbers: Iterable[int]) -> bytes:
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        # The x32 numbers of x86_64 would be a way around the table.
        (_JUMP_AT_LEAST, 0, 1, 0x40000000),
        (_RETURN, 0, 0, _EPERM),
    ]
    for number in numbers:
        steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def deny_files() -> bool:
    """Leave no free place in the table of open files, so that nothing can be opened, sockets included.

    Returns:
        False when a lower number is free, so that the limit would not hold.
    """
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            break
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
    try:
        os.close(os.dup(0))
    except OSError:
        return True
    return False


def close_all_but(*keep: int) -> None:
    """Close every file this process inherited, except these."""
    last = 2
    for number in sorted(keep):
        os.closerange(last + 1, number)
        last = max(last, number)
    os.closerange(last + 1, 65_536)


def last_words() -> tuple[int, int]:
    """Open a pipe for what a process says before it dies: the end to read, the end to write.

    Neither end ever blocks, and the kernel keeps no more than the pipe holds (64 kB), so a process that talks without
    end can neither be held up nor fill anything.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    return reader, writer


def hear(reader: int) -> str:
    """Read the last words of a process that has ended, as one line of at most `MOST_WORDS` characters, and close."""
    said = b""
    with contextlib.suppress(OSError):
        while piece := os.read(reader, 65_536):
            said += piece
    os.close(reader)
    text = "".join(letter if letter.isprintable() else " " for letter in said.decode("utf-8", "replace"))
    line = " ".join(text.split())
    # A crash says at its beginning what it is, a traceback at its end.
    half = MOST_WORDS // 2 - 2
    return line if len(line) <= MOST_WORDS else f"{line[:half]} … {line[-half:]}"


def silence(words: int) -> None:
    """Point standard input and output at nothing, and standard error at the pipe for last words."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(words, 2)
    for number in (0, 1):
        os.dup2(null, number)
    if null > 2:
        os.close(null)


def be_modest() -> None:
    """No core dumps, and the first to go when memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def limit_memory(more_mb: int, *, now_pages: int) -> None:
    """Allow this many megabytes of address space beyond what is mapped now."""
    if sys.platform == "linux":
        most = now_pages * resource.getpagesize() + more_mb * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


class Processor:
    """Lets the system end this process when a query uses too much processor time and nobody else does it."""

    def __init__(self) -> None:
        """Start with no limit."""
        self._set_at = -1.0
        self._seconds = 0.0

    def allow(self, seconds: float) -> None:
        """Allow so many more seconds, to within three."""
        now = time.monotonic()
        # Nobody uses more time than passes, so the limit set within the last second still fits.
        if now - self._set_at > 1.0 or seconds != self._seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 3, resource.RLIM_INFINITY))
            self._set_at, self._seconds = now, seconds
