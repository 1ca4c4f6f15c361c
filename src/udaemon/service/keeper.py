"""The keeper: the supervisor's parent under `up -d`, which starts another one when that dies, and loses nothing.

Knows no daemon, no manifest and no policy. It is a subreaper, to which the kernel hands the children of a dead
supervisor; it reaps none of them before the next supervisor says so, because a zombie is the one note of an exit status
that nothing can lose. It keeps copies of the descriptors that must outlive a supervisor, by names that it does not
understand. It imports little, for it is there all the time; idle, it waits in one system call without a time-out.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from udaemon.logs.wire import Unpacker, pack
from udaemon.system import procfs

Start = Callable[[socket.socket], int]
"""Starts a supervisor that has this as its end of the socket to us. Returns its pid."""

MOST_FDS = 100
"""Descriptors in one message; the kernel takes 253 (unix(7))."""
LONGEST = 64 * 1024
"""Bytes of a message."""

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
_QUICK = 5.0
"""Seconds: a supervisor that lived shorter died at once."""
_AT_ONCE, _AT_ONCE_STOOD = 1, 50
"""How many that died at once are replaced without a wait: one that stood was killed, one that never did is broken."""
_FIRST, _LONGEST_WAIT = 0.2, 10.0
"""Seconds between the others, growing."""


class Keeper:
    """Keeps one supervisor going.

    Args:
        start: How every supervisor but the first is started.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._store: dict[str, tuple[tuple[str, ...], int]] = {}
        self._ready = self._left = self._stood = False
        self._quick = 0
        self._began = 0.0
        self._supervisor = 0
        self._socket: socket.socket
        self._pending: list[int] = []
        self._limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self, first: Start) -> int:
        """Go on until a supervisor has ended as it should, or the first one did not come to stand.

        Args:
            first: Starts the first one.

        Returns:
            The exit code of the last one.
        """
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (*_FORWARDED, signal.SIGCHLD):
            signal.signal(number, self._note)
        self._launch(first)
        with suppress(ValueError, OSError):  # it keeps as many descriptors as all its supervisor's daemons need
            resource.setrlimit(resource.RLIMIT_NOFILE, (self._limit[1], self._limit[1]))
        while True:
            self._attend()
            if self._left:
                return 0
            how = os.waitstatus_to_exitcode(os.waitpid(self._supervisor, 0)[1])
            self._socket.close()
            if how == 0 or not self._ready:
                self._end_children()
                return how if how >= 0 else 128 - how
            self._again(f"was killed by signal {-how}" if how < 0 else f"ended with exit code {how}")

    def _again(self, why: str) -> None:
        """Start the next one, at once where the last one lived for a while."""
        while True:
            self._quick = self._quick + 1 if time.monotonic() - self._began < _QUICK else 0
            more = self._quick - (_AT_ONCE_STOOD if self._stood else _AT_ONCE)
            if more > 0:
                time.sleep(min(_FIRST * 2.0 ** min(more - 1, 10), _LONGEST_WAIT))
            try:
                self._launch(self._start)
                self._hand_over(why)
            except OSError:  # no process, no memory, or it has ended already: that is seen in a moment
                if self._supervisor:
                    return
                self._quick = max(self._quick, 1)
                continue
            return

    def _launch(self, start: Start) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._supervisor, self._began, self._socket = 0, time.monotonic(), ours
        self._stood = False
        try:
            with theirs:
                self._supervisor = start(theirs)
        except OSError:
            ours.close()
            raise

    def _hand_over(self, why: str) -> None:
        entries = [(pack("keep", name, *facts), fd) for name, (facts, fd) in self._store.items()]
        for data, fds in batches([*entries, (pack("died", why, *map(str, self._limit)), None)]):
            socket.send_fds(self._socket, [data], fds)

    def _attend(self) -> None:
        """Do what the supervisor says, until it has gone."""
        poller = select.poll()
        poller.register(self._socket.fileno(), select.POLLIN)
        poller.register(self._wake_read, select.POLLIN)
        while True:
            for fd, _mask in poller.poll():
                if fd == self._wake_read:
                    self._wake()
                elif not self._hear():
                    return

    def _hear(self) -> bool:
        """Act on one message. False where the supervisor has gone."""
        try:
            data, fds = receive(self._socket)
        except ConnectionError:
            return False
        if not data:
            return False
        ahead = iter(fds)
        for kind, *fields in Unpacker().feed(data):
            if kind == "keep":
                if (fd := next(ahead, None)) is not None:
                    self._drop(fields[0])
                    self._store[fields[0]] = (tuple(fields[1:]), fd)
            elif kind == "drop":
                self._drop(fields[0])
            elif kind == "reap":
                with suppress(ChildProcessError):
                    os.waitpid(int(fields[0]), os.WNOHANG)
            elif kind == "ready":
                self._stands()
            elif kind == "leave":
                self._left = True
                return False
        return True

    def _stands(self) -> None:
        self._stood = True
        if not self._ready:
            self._ready = True
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)  # whoever started us may wait for it to be closed
            os.close(null)
        pending, self._pending = self._pending, []
        for number in pending:
            self._forward(number)

    def _drop(self, name: str) -> None:
        if (kept := self._store.pop(name, None)) is not None:
            os.close(kept[1])

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            for number in dict.fromkeys(os.read(self._wake_read, 4096)):
                if number == signal.SIGCHLD:
                    with suppress(OSError):  # it looks at all that there is when it comes to it
                        self._socket.send(pack("child"), socket.MSG_DONTWAIT)
                elif number in _FORWARDED and self._ready and not self._stood:
                    self._pending.append(number)  # it has no handlers yet
                elif number in _FORWARDED:
                    self._forward(number)

    def _forward(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._supervisor, number)  # a child that is not reaped: nobody else's number

    def _end_children(self) -> None:
        """End what a supervisor has started that never stood, or that nobody waits for."""
        while True:
            for pid in procfs.children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _note(self, _number: int, _frame: object) -> None:
        """The number is in the pipe."""


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """One message with its descriptors, close-on-exec; no bytes where the other end has gone.

    (`socket.recv_fds` of Python 3.11 does nothing with its flags.)
    """
    fds = array("i")
    data, ancillary, _, _ = connection.recvmsg(
        LONGEST, socket.CMSG_SPACE(MOST_FDS * fds.itemsize), socket.MSG_CMSG_CLOEXEC
    )
    for _, _, packed in ancillary:
        fds.frombytes(packed[: len(packed) - len(packed) % fds.itemsize])
    return data, fds.tolist()


def batches(entries: Sequence[tuple[bytes, int | None]]) -> Iterator[tuple[bytes, list[int]]]:
    """Messages with their descriptors, joined to as few as the kernel takes."""
    data, fds = b"", list[int]()
    for message, fd in entries:
        if data and (len(data) + len(message) > LONGEST or len(fds) >= MOST_FDS):
            yield data, fds
            data, fds = b"", []
        data += message
        if fd is not None:
            fds.append(fd)
    if data:
        yield data, fds
