"""The supervisor's side of the logger: starts it, hands it the log pipes, and starts another when it dies.

Knows no daemon: a log pipe is a number here. It keeps a copy of each read end, so that no writer ever meets a broken
pipe and a new logger goes on where the old one was.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable

from udaemon.engines.base import WritableReactor
from udaemon.engines.fd_store import KEPT_LOGGER, NO_STORE, FdStore
from udaemon.logs.answers import Answer, understood
from udaemon.logs.handed import HandedPipe, Message
from udaemon.logs.handed_pipes import HandedPipes
from udaemon.logs.inheritance import Inheritance
from udaemon.logs.log_target import LogTarget
from udaemon.logs.outbox import Outbox
from udaemon.logs.patience import Patience
from udaemon.logs.process import LoggerProcess
from udaemon.logs.wire import Unpacker, WireError, pack
from udaemon.system import oserror
from udaemon.waits import earliest

_QUICK_DEATH = 1.0  # seconds: a logger that lived shorter is replaced only after as long a wait
_LAST_LOGGERS = 2  # to write what is left at the end, the second one where the first dies of it


class LoggerLink:
    """The one connection to the logger process.

    Has a `deadline` only while the logger is to answer, was stopped, or is to be started.

    Args:
        reactor: The loop.
        on_state: Called with the number of a log pipe and "ok", "blocked (ENOSPC)" or "dropping (ENOSPC)" when that
            changes for its file; once a file, whichever of its pipes it is told of.
        on_eof: Called with the number of a log pipe that has ended and been written to the last byte.
        on_death: Called with a sentence when the logger died.
        on_lost: Told a file, and how many lines and bytes for it were given up at the end.
        on_abandoned: Called when `abandon` is done.
        on_line: Called with the logger's word that a line was found that a target asks for, or takes too long to find.
        stderr: Where the logger says what it could not write, when the supervisor has gone before.
        answer: Seconds for the logger to take a pipe over, or to go on after it was stopped, before it is replaced.
        store: Keeps what the next supervisor's logger needs.
    """

    def __init__(
        self,
        reactor: WritableReactor,
        *,
        on_state: Callable[[int, str], None],
        on_eof: Callable[[int], None],
        on_death: Callable[[str], None],
        on_lost: Callable[[str, int, int], None] = lambda _path, _lines, _size: None,
        on_abandoned: Callable[[], None] = lambda: None,
        on_line: Callable[[Answer], None] = lambda _answer: None,
        stderr: int = 2,
        answer: float = 10.0,
        store: FdStore = NO_STORE,
    ) -> None:
        self._patience = Patience(answer)
        self._reactor = reactor
        self._on_state, self._on_eof, self._on_line = on_state, on_eof, on_line
        self._on_death = on_death
        self._on_lost, self._on_abandoned = on_lost, on_abandoned
        self._stderr = stderr
        self._streams = HandedPipes(store)
        self._store = store
        self._inheritance: Inheritance | None = None
        self._states: dict[str, str] = {}
        self._outbox = Outbox(reactor)
        self._process: LoggerProcess | None = None
        self._started, self._start_at = 0.0, None  # type: float, float | None
        self._unpacker = Unpacker()
        self._abandoning = self._left = False

    @property
    def deadline(self) -> float | None:
        """When to start a logger, to tell it what it could not be told, or to give up one that does not answer."""
        return earliest(self._start_at, self._outbox.again_at, self._patience.deadline)

    @property
    def pid(self) -> int | None:
        """The logger's pid, None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the logger.

        Raises:
            OSError: No process or no socket to be had.
        """
        if self._inheritance is None:
            self._inheritance = Inheritance.new()
            self._inheritance.keep(self._store)
        process = LoggerProcess.start(self._stderr)
        self._store.keep(KEPT_LOGGER, process.pidfd)
        self._store.flush()
        try:
            self._reactor.watch(process.socket.fileno(), self._receive)
        except BaseException:
            process.end()
            raise
        self._process = process
        self._started = time.monotonic()
        self._start_at = None
        self._unpacker = Unpacker()
        self._outbox.clear()
        self._patience.clear()
        self._send(*self._inheritance.messages(outlives=self._store is not NO_STORE))
        for stream in self._streams:
            self._tell(stream)
        self._send((pack("begin", ""), None))
        if self._abandoning:
            self._send((pack("abandon", ""), None))

    def open(self, number: int, read: int, target: LogTarget) -> None:
        """Hand over the read end of a log pipe; it is ours from here on. `number` is never used twice."""
        self._tell(self._streams.add(number, read, target))

    def inherit(self, inheritance: Inheritance, pipes: Iterable[HandedPipe]) -> None:
        """Go on where another supervisor's logger was, which has ended; to be called before `start`."""
        self._inheritance = inheritance
        self._streams.inherit(pipes)

    def watch(self, number: int, pidfd: int) -> None:
        """Name the process behind a log pipe: should we die, the logger ends its session. `pidfd` is copied."""
        if (stream := self._streams.get(number)) is not None:
            stream.pidfd = os.dup(pidfd)
            self._send((pack("watch", str(number)), stream.pidfd))

    def spawned(self, number: int, pid: int) -> None:
        """Name the process that writes to a log pipe, 0 where there will be none: legacy lines wait for it."""
        if (stream := self._streams.get(number)) is not None:
            self._send(*stream.spawned(pid))

    def change(self, number: int, target: LogTarget, pid: int | None) -> None:
        """Have what comes from a log pipe stand otherwise from now on, in the same file, or that be kept otherwise."""
        if (stream := self._streams.get(number)) is not None:
            self._send(*stream.change(target, pid))

    @property
    def refusing(self) -> set[str]:
        """The files that are still written to and refuse."""
        return {path for path in self._streams.paths if self._states.get(path, "ok") != "ok"}

    def abandon(self) -> None:
        """Wait no longer for files that refuse: what is lost is told, then `on_abandoned` is called."""
        self._abandoning = True
        self._send((pack("abandon", ""), None))

    def expire(self, now: float) -> None:
        """Do what is due."""
        if self._process is None:
            if self._start_at is not None and now >= self._start_at:
                self._start_again()
            return
        if self._outbox.again_at is not None and now >= self._outbox.again_at:
            self._outbox.flush(self._process.socket)
        if self._patience.deadline is not None and now >= self._patience.deadline:
            self._kill(self._process, f"has not answered for {self._patience.bound:g} s")

    def child_changed(self) -> None:
        """Some child was stopped or goes on (SIGCHLD): where it is the logger, that has its bound."""
        if self._process is not None and (changed := self._process.changed()) is not None:
            self._patience.stopped(now=changed == "stopped")

    def _kill(self, process: LoggerProcess, why: str) -> None:
        self._patience.clear()  # its end of the socket tells when it has gone: a disk that hangs holds it for a while
        self._on_death(f"the logger {why} and is killed")
        process.kill()

    def close(self, timeout: float = 3.0) -> tuple[int, ...]:
        """Let the logger drain all pipes to their ends and exit; waits for that.

        Returns:
            The numbers of the log pipes that somebody still held open after `timeout` seconds.
        """
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
            self._finish(process, max(until - time.monotonic(), 0.0))
            process.end()
            if self._left:
                break
        self._start_at = None
        self._outbox.clear()
        self._patience.clear()
        if self._inheritance is not None:
            lost = {} if self._left else self._inheritance.unwritten(self._streams)
            for path, count in lost.items():  # nobody was left to take it
                self._on_lost(path, *count)
            self._inheritance.close()
            self._inheritance = None
        return self._streams.close()

    def _finish(self, process: LoggerProcess, timeout: float) -> None:
        end = time.monotonic() + timeout + 1.0
        self._outbox.add(pack("finish", repr(timeout)))
        with contextlib.suppress(OSError):
            process.socket.settimeout(timeout + 1.0)
            self._outbox.drain(process.socket)
            for data in process.said_until(end):
                if not self._handle(data):
                    return

    def _tell(self, stream: HandedPipe) -> None:
        if self._process is not None:
            self._patience.asked(stream.number)  # answered by the state of its file
        self._send(*stream.messages())

    def _send(self, *messages: Message) -> None:
        if self._process is None:
            return  # told when there is a logger again
        for data, fd in messages:
            self._outbox.add(data, fd)
            self._outbox.flush(self._process.socket)  # at once: what it knows of when we are killed, it ends

    def _receive(self) -> None:
        if self._process is None:
            return
        try:
            data = self._process.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and self._handle(data):
            self._patience.heard()
        elif data:
            self._kill(self._process, "says what is not understood")
        else:
            self._lose()

    def _handle(self, data: bytes) -> bool:
        try:
            answers = [understood(fields) for fields in self._unpacker.feed(data)]
        except WireError:
            return False
        for answer in answers:
            match answer.kind:
                case "state" | "eof":
                    self._on_answer(answer)
                case "said" | "overran":
                    self._on_line(answer)
                case "lost":
                    self._on_lost(answer.text, answer.lines, answer.size)
                case "left":
                    self._left = True
                case "abandoned":
                    self._abandoning = False
                    self._on_abandoned()
        return True

    def _on_answer(self, answer: Answer) -> None:
        if (stream := self._streams.get(answer.number)) is None:
            return
        self._patience.answered(answer.number)
        if answer.kind == "eof":
            self._streams.end(stream)
            self._on_eof(answer.number)
            return
        before = self._states.get(stream.target.path, "ok")
        self._states[stream.target.path] = answer.text
        if answer.text != before:
            self._on_state(answer.number, answer.text)

    def _lose(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._reactor.forget(process.socket.fileno())
            process.end()
        self._patience.clear()
        self._outbox.clear()
        if time.monotonic() - self._started < _QUICK_DEATH:
            self._start_at = time.monotonic() + _QUICK_DEATH
            self._on_death(f"the logger died at once; next try in {_QUICK_DEATH:g} s, nothing is lost meanwhile")
        else:
            self._on_death("the logger died; a new one takes over its pipes")
            self._start_again()

    def _start_again(self) -> None:
        try:
            self.start()
        except (OSError, MemoryError) as error:
            self._start_at = time.monotonic() + _QUICK_DEATH
            reason = oserror.reason(error) if isinstance(error, OSError) else "no memory"
            self._on_death(f"no logger can be started ({reason}); next try in {_QUICK_DEATH:g} s")
