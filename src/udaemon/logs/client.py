"""The supervisor's side of the logger: starts it, hands it the log pipes, and starts another when it dies.

Knows no daemon: a log pipe is a number here. It keeps a copy of each read end, so that no writer ever meets a broken
pipe and a new logger goes on where the old one was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable

from udaemon.engines.base import WritableReactor
from udaemon.logs.process import LoggerProcess
from udaemon.logs.target import LEGACY, LogTarget
from udaemon.logs.wire import Unpacker, pack

_QUICK_DEATH = 1.0
"""A logger that lived shorter than this, in seconds, is replaced only after as long a wait."""
_LAST_LOGGERS = 2
"""Loggers to write what is left at the end, the second one where the first dies of it."""
_FULLEST = 1024 * 1024
"""Bytes that a pipe holds at most (/proc/sys/fs/pipe-max-size)."""
_SOON = 0.1
"""Seconds to the next try where the system had no memory to pass something on to it."""


class _Stream:
    """What a new logger has to be told again."""

    def __init__(self, fd: int, target: LogTarget) -> None:
        self.fd = fd
        self.target = target
        self.pid: int | None = None
        self.pidfd: int | None = None


class LoggerLink:
    """The one connection to the logger process.

    Has a `deadline` and `expire` as everything that waits in the supervisor's loop.

    Args:
        reactor: The loop.
        on_state: Told the number of a log pipe and "ok", "blocked (ENOSPC)" or "dropping (ENOSPC)" when that changes
            for its file; once a file, whichever of its pipes it is told of.
        on_eof: Told the number of a log pipe that has ended and been written to the last byte.
        on_death: Told in words that the logger died and what is done about it.
        on_lost: Told a file, and how many lines and bytes for it were given up at the end; None where nobody knows.
        on_abandoned: Called when `abandon` is done.
        stderr: Where the logger says, when it leaves, what it could not write.
    """

    def __init__(
        self,
        reactor: WritableReactor,
        *,
        on_state: Callable[[int, str], None],
        on_eof: Callable[[int], None],
        on_death: Callable[[str], None],
        on_lost: Callable[[str, int | None, int | None], None] = lambda _path, _lines, _size: None,
        on_abandoned: Callable[[], None] = lambda: None,
        stderr: int = 2,
    ) -> None:
        self.deadline: float | None = None
        self._reactor = reactor
        self._on_state = on_state
        self._on_eof = on_eof
        self._on_death = on_death
        self._on_lost = on_lost
        self._on_abandoned = on_abandoned
        self._stderr = stderr
        self._streams: dict[int, _Stream] = {}
        self._states: dict[str, str] = {}
        self._outbox: deque[tuple[bytes, int | None]] = deque()
        self._process: LoggerProcess | None = None
        self._started = 0.0
        self._unpacker = Unpacker()
        self._abandoning = False
        self._left = False

    @property
    def pid(self) -> int | None:
        """The logger's pid, None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the logger.

        Raises:
            OSError: No process or no socket to be had.
        """
        process = LoggerProcess.start(self._stderr)
        try:
            self._reactor.watch(process.socket.fileno(), self._receive)
        except BaseException:
            process.end()
            raise
        self._process = process
        self._started = time.monotonic()
        self._unpacker = Unpacker()
        self._outbox.clear()
        for number, stream in self._streams.items():
            self._tell(number, stream)
        if self._abandoning:
            self._send(pack("abandon", ""), None)

    def open(self, number: int, read: int, target: LogTarget) -> None:
        """Hand over the read end of a log pipe; it is ours from here on. `number` is never used twice."""
        stream = self._streams[number] = _Stream(read, target)
        self._tell(number, stream)

    def watch(self, number: int, pidfd: int) -> None:
        """Name the process behind a log pipe: should we die, the logger ends its session. `pidfd` is copied."""
        stream = self._streams.get(number)
        if stream is not None:
            stream.pidfd = os.dup(pidfd)
            self._send(pack("watch", str(number)), stream.pidfd)

    def born(self, number: int, pid: int) -> None:
        """Name the process that writes to a log pipe, 0 where there will be none: legacy lines wait for it."""
        stream = self._streams.get(number)
        if stream is not None and stream.target.format == LEGACY and stream.pid is None:
            stream.pid = pid
            self._send(pack("born", str(number), str(pid)), None)

    @property
    def refused(self) -> bool:
        """Whether a file that is still written to refuses now."""
        return bool(self._refusing())

    def abandon(self) -> None:
        """Wait no longer for files that refuse: what is lost is counted and told, then `on_abandoned` is called."""
        self._abandoning = True
        self._send(pack("abandon", ""), None)

    def expire(self, now: float) -> None:
        """Try again to start a logger, or to tell it what it could not be told."""
        if self.deadline is not None and now >= self.deadline:
            self.deadline = None
            if self._process is None:
                self._start_again()
            else:
                self._flush()

    def close(self, timeout: float = 3.0) -> tuple[int, ...]:
        """Let the logger drain all pipes to their ends and leave; waits for that.

        Returns:
            The numbers of the log pipes that somebody still held open after `timeout` seconds.
        """
        self._abandoning = True
        until = time.monotonic() + timeout
        for _ in range(_LAST_LOGGERS):
            if self._process is None and self._streams:
                with contextlib.suppress(OSError):
                    self.start()  # it died of late, and what the pipes hold is still to be written
            process, self._process = self._process, None
            if process is None:
                break
            self._reactor.forget(process.socket.fileno())
            process.resume()  # what is in the pipes would be lost with one that stays stopped
            self._finish(process.socket, max(until - time.monotonic(), 0.0))
            process.end()
            if self._left:
                break
            self._lose_kept()
        self.deadline = None
        left = tuple(self._streams)
        self._lose_unread()
        for stream in self._streams.values():
            _close(stream)
        self._streams.clear()
        return left

    def _finish(self, ours: socket.socket, timeout: float) -> None:
        end = time.monotonic() + timeout + 1.0
        self._outbox.append((pack("finish", repr(timeout)), None))
        with contextlib.suppress(OSError):
            ours.settimeout(timeout + 1.0)
            while self._outbox:
                data, fd = self._outbox.popleft()
                if (sent := _send_with(ours, data, fd)) < len(data):
                    self._outbox.appendleft((data[sent:], None))
            while (left := end - time.monotonic()) > 0:
                ours.settimeout(left)
                data = ours.recv(65536)
                if not data:
                    return
                self._handle(data)

    def _refusing(self) -> list[str]:
        """The files that are still written to and refuse."""
        paths = dict.fromkeys(stream.target.path for stream in self._streams.values())
        return [path for path in paths if self._states.get(path, "ok") != "ok"]

    def _lose_kept(self) -> None:
        """The logger died at the end: what it kept for files that refuse went with it, and nobody counted it."""
        for path in self._refusing():
            self._on_lost(path, None, None)

    def _lose_unread(self) -> None:
        """Count what no logger has taken from the pipes, where none was left to do it."""
        if self._left:
            return
        for stream in self._streams.values():
            lines, size = _count(stream.fd)
            if size:
                self._on_lost(stream.target.path, lines, size)

    def _tell(self, number: int, stream: _Stream) -> None:
        self._send(pack("open", str(number), *stream.target.fields()), stream.fd)
        if stream.pid is not None:
            self._send(pack("born", str(number), str(stream.pid)), None)
        if stream.pidfd is not None:
            self._send(pack("watch", str(number)), stream.pidfd)

    def _send(self, data: bytes, fd: int | None) -> None:
        if self._process is None:
            return  # told when there is a logger again
        self._outbox.append((data, fd))
        self._flush()  # also where some wait already: what it knows of when we are killed, it ends

    def _flush(self) -> None:
        """Send what the socket takes. Never waits for the logger."""
        if self._process is None:
            return
        ours = self._process.socket
        try:
            while self._outbox:
                data, fd = self._outbox[0]
                sent = _send_with(ours, data, fd)
                if sent < len(data):
                    self._outbox[0] = (data[sent:], None)
                else:
                    self._outbox.popleft()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ETOOMANYREFS):  # the latter: too many fds under way (unix(7))
                self._reactor.watch_writable(ours.fileno(), self._flush)
            elif error.errno in (errno.EPIPE, errno.ECONNRESET):
                self._outbox.clear()  # it died; its end of the socket tells that too
            else:  # no memory: a log pipe that is not handed over now is handed over then
                self.deadline = time.monotonic() + _SOON
        else:
            self._reactor.forget_writable(ours.fileno())

    def _receive(self) -> None:
        if self._process is None:
            return
        try:
            data = self._process.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._handle(data)
        else:
            self._lose()

    def _handle(self, data: bytes) -> None:
        for kind, number, *rest in self._unpacker.feed(data):
            if kind == "abandoned":
                self._abandoning = False
                self._on_abandoned()
                continue
            if kind == "lost":
                self._on_lost(number, int(rest[0]), int(rest[1]))
                continue
            if kind == "left":
                self._left = True
                continue
            stream = self._streams.get(int(number))
            if stream is None:
                continue
            if kind == "state":
                before = self._states.get(stream.target.path, "ok")
                self._states[stream.target.path] = rest[0]
                if rest[0] != before:
                    self._on_state(int(number), rest[0])
            elif kind == "eof":
                del self._streams[int(number)]
                _close(stream)
                self._on_eof(int(number))

    def _lose(self) -> None:
        """The logger died: start another, which gets all the pipes."""
        process, self._process = self._process, None
        if process is not None:
            self._reactor.forget(process.socket.fileno())
            process.end()
        if self._abandoning:
            self._lose_kept()
        if time.monotonic() - self._started < _QUICK_DEATH:
            self.deadline = time.monotonic() + _QUICK_DEATH
            self._on_death(f"the logger died at once; next try in {_QUICK_DEATH:g} s, nothing is lost meanwhile")
        else:
            self._on_death("the logger died; a new one takes over its pipes")
            self._start_again()

    def _start_again(self) -> None:
        try:
            self.start()
        except (OSError, MemoryError) as error:
            self.deadline = time.monotonic() + _QUICK_DEATH
            reason = error.strerror if isinstance(error, OSError) else "no memory"
            self._on_death(f"no logger can be started ({reason}); next try in {_QUICK_DEATH:g} s")


def _send_with(ours: socket.socket, data: bytes, fd: int | None) -> int:
    if fd is None:
        return ours.send(data)
    return socket.send_fds(ours, [data], [fd])


def _count(fd: int) -> tuple[int, int]:
    """Lines and bytes in a pipe, which is empty then."""
    lines = size = 0
    os.set_blocking(fd, False)
    with contextlib.suppress(OSError):
        while size < _FULLEST and (chunk := os.read(fd, 65536)):
            lines += chunk.count(b"\n")
            size += len(chunk)
    return lines, size


def _close(stream: _Stream) -> None:
    os.close(stream.fd)
    if stream.pidfd is not None:
        os.close(stream.pidfd)
