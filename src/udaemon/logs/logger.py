"""The logger process: it drains every log pipe to its file, so that a flood never delays the supervisor.

Knows no manifest, no daemon and no policy beyond its targets. It outlives the supervisor: it drains what is left, ends
what did not end by itself, then leaves. Idle, it makes no wake-ups; it has a timer only while a file cannot be written.
"""

from __future__ import annotations

import _socket
import contextlib
import os
import select
import time

from udaemon.logs.control import Control
from udaemon.logs.intake import FULLEST, Intake
from udaemon.logs.journal import CHUNK, Journal
from udaemon.logs.log_target import LEGACY, LogTarget
from udaemon.logs.orphans import GRACE, Leaders
from udaemon.logs.poller import poller
from udaemon.logs.recovery import recover
from udaemon.logs.sink import OK, Sink
from udaemon.logs.stream import Stream
from udaemon.logs.streams import Streams
from udaemon.waits import bounded

_READS = 4
_MORE = CHUNK // 2
"""A read of less has left the pipe empty; after more, to ask whether there is more costs more than to try."""

RETRY = 0.5
"""Seconds between two tries to write a file that refuses."""

_LINGER = 0.5
"""Seconds for the pipes to end after everything was killed: a process that left its session may hold one open."""


class Logger:
    """The loop.

    Args:
        control: A connected stream socket to the supervisor.
    """

    def __init__(self, control: _socket.socket) -> None:
        self._poll = poller()
        self._control = Control(control, self._poll)
        self._inherited: list[int] = []
        self._journal: Journal
        self._intake: Intake
        self._begun = False
        self._streams = Streams()
        self._unborn: dict[str, Stream] = {}
        self._sinks: dict[str, Sink] = {}
        self._jobs: dict[int, Sink] = {}
        self._leaders = Leaders()
        self._alone = self._outlives = False
        self._retry_at: float | None = None
        self._kill_at: float | None = None
        self._leave_at: float | None = None

    def run(self) -> None:
        """Go on until told to finish or left alone, and all is drained."""
        streams = self._streams
        while not self._is_done():
            for fd, mask in self._poll.poll(self._timeout()):
                if (stream := streams.get(fd)) is not None:
                    self._pump(stream)
                else:
                    self._attend(fd, mask)
            if self._retry_at is not None or self._leave_at is not None or self._kill_at is not None:
                self._be_on_time(time.monotonic())
        self._leave()

    def _pump(self, stream: Stream) -> None:
        """A few reads at most for each pipe that has something: none of them can keep the others waiting."""
        for _ in range(_READS):
            try:
                size = stream.move(self._intake)
            except BlockingIOError:
                return
            if not size:
                self._end(stream)
                return
            if stream.sink.state != OK:
                self._update(stream.sink)
                return
            if size < _MORE:
                return

    def _end(self, stream: Stream) -> None:
        stream.finish(self._journal)
        self._listen(stream, wanted=False)
        self._streams.end(stream)
        self._update(stream.sink, stream)
        self._let_go(stream.sink)

    def _update(self, sink: Sink, only: Stream | None = None) -> None:
        """Report the state of a file that changed, and block its writers or let them go on.

        While it is well, one that came, began or ended is the `only` one to look at.
        """
        if not self._begun:
            return
        if sink.state != OK and self._retry_at is None:
            self._retry_at = time.monotonic() + RETRY
        for stream in (only,) if only is not None and sink.state == OK else self._streams.of(sink):
            self._listen(stream, wanted=stream.fd >= 0 and not sink.full and stream.ident not in self._unborn)
            if stream.told != sink.state:
                stream.told = sink.state
                self._control.send("state", stream.ident, sink.state)

    def _listen(self, stream: Stream, *, wanted: bool) -> None:
        if wanted and not stream.listening:
            self._poll.register(stream.fd, select.POLLIN)
        elif stream.listening and not wanted:
            # Not by an empty mask: a hang-up is told all the same, without end (epoll_ctl(2)).
            self._poll.unregister(stream.fd)
        stream.listening = wanted

    def _attend(self, fd: int, mask: int) -> None:
        if fd == self._control.fd:
            if mask & select.POLLOUT:
                self._control.writable()
            if mask & ~select.POLLOUT:
                self._receive()
        elif fd in self._leaders:
            self._poll.unregister(fd)
            self._leaders.gone(fd)
        elif fd in self._jobs:
            self._poll.unregister(fd)
            sink = self._jobs.pop(fd)
            sink.job_done()
            self._let_go(sink)

    def _receive(self) -> None:
        if (messages := self._control.receive()) is None:
            self._be_alone()
            return
        for (kind, *fields), fd in messages:
            if kind == "inherit":
                self._inherit(fd)
            elif kind == "open":
                self._open(fields[0], int(fields[1]), int(fields[2]), fd, LogTarget.from_fields(fields[3:]))
            elif kind == "change":
                self._change(fields[0], int(fields[1]), LogTarget.from_fields(fields[2:]))
            elif kind == "begin":
                self._begin()
            elif kind == "outlive":
                self._outlives = True
            elif kind == "watch":
                self._leaders.add(fd)
                self._poll.register(fd, select.POLLIN)
            elif kind == "spawned":
                self._spawned(fields[0], int(fields[1]))
            elif kind == "abandon":
                self._give_up()
                self._control.send("abandoned", "")
            elif kind == "finish":
                self._leave_at = time.monotonic() + float(fields[0])
                self._expect_no_spawn()

    def _inherit(self, fd: int) -> None:
        self._inherited.append(fd)
        if len(self._inherited) == 3:
            memory, read, write = self._inherited
            self._journal = Journal(memory)
            self._intake = Intake(self._journal, read, write)

    def _open(self, ident: str, slot: int, file_slot: int, fd: int, target: LogTarget) -> None:
        if (sink := self._sinks.get(target.path)) is None:
            sink = self._sinks[target.path] = Sink(target, self._watch_job, journal=self._journal, slot=file_slot)
            if self._begun:
                sink.open()
        os.set_blocking(fd, False)
        stream = Stream(
            ident, slot=slot, fd=fd, target=target, sink=sink, journal=self._journal, on_line=self._control.tell_line
        )
        self._streams.add(stream)
        if target.format == LEGACY:
            # Its lines name the process, whose first words may be here before its pid: they can wait in the pipe.
            self._unborn[ident] = stream
        self._update(sink, stream)

    def _change(self, ident: str, pid: int, target: LogTarget) -> None:
        self._unborn.pop(ident, None)
        for stream in [one for one in self._streams.values() if one.ident == ident]:
            stream.change(target, pid)
            self._update(stream.sink)

    def _begin(self) -> None:
        """All that there is was told: end what another logger may have been killed in, and go on."""
        recover(self._intake, self._streams.values(), self._sinks.values())
        self._begun = True
        for sink in self._sinks.values():
            if sink.state == OK:
                sink.open()
            else:
                sink.retry()
            self._update(sink)

    def _spawned(self, ident: str, pid: int) -> None:
        if (stream := self._unborn.pop(ident, None)) is not None:
            stream.formatter.pid = pid
            self._update(stream.sink, stream)

    def _expect_no_spawn(self) -> None:
        """No process will be named any more."""
        for ident in tuple(self._unborn):
            self._spawned(ident, 0)

    def _watch_job(self, fd: int, sink: Sink) -> None:
        self._jobs[fd] = sink
        self._poll.register(fd, select.POLLIN)

    def _let_go(self, sink: Sink) -> None:
        """Report the end of pipes whose every byte is in the file; close it once nobody writes to it."""
        if sink.unwritten:
            return
        ended = self._streams.forget_ended(sink)
        used = self._streams.has_open(sink) or sink in self._jobs.values()
        if not used and self._sinks.get(sink.path) is sink:
            sink.close()
            del self._sinks[sink.path]
        for stream in ended:
            self._control.send("eof", stream.ident)

    def _give_up(self) -> None:
        """Nobody waits any longer for files that refuse: count what is for them, in memory and in the pipes."""
        for sink in [sink for sink in self._sinks.values() if sink.state != OK]:
            sink.retry()
            if sink.state != OK:
                for stream in self._streams.open_of(sink):
                    self._empty(stream)
                if any(lost := sink.lost()):
                    self._control.tell_loss(sink.path, *lost, sink.state if self._alone else None)
                    sink.give_up()
            self._update(sink)
            self._let_go(sink)

    def _empty(self, stream: Stream) -> None:
        """Take what a pipe holds. One that somebody floods has been given up with the rest."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(FULLEST // CHUNK):
                if not stream.move(self._intake):
                    self._end(stream)
                    return

    def _be_alone(self) -> None:
        """The supervisor is dead: end what it left, or go on until its successor has another logger."""
        self._alone = True
        self._poll.unregister(self._control.fd)
        if self._outlives and not self._begun:
            raise SystemExit  # another one has the pipes, or will have them
        if self._outlives and self._leave_at is None:
            return
        if self._streams and not self._begun:
            self._begin()
        self._expect_no_spawn()
        if self._leave_at is None:
            self._leaders.condemn()
            self._kill_at = time.monotonic() + GRACE

    def _be_on_time(self, now: float) -> None:
        if self._retry_at is not None and now >= self._retry_at:
            self._retry_at = None
            for sink in list(self._sinks.values()):
                if sink.state != OK:
                    sink.retry()
                    self._update(sink)
                    self._let_go(sink)
        if self._kill_at is not None and (now >= self._kill_at or not (self._leaders or self._streams)):
            self._kill_at = None
            self._leaders.kill(self._streams)
            self._leave_at = now + _LINGER

    def _timeout(self) -> float | None:
        moments = [at for at in (self._retry_at, self._kill_at, self._leave_at) if at is not None]
        return bounded(min(moments) - time.monotonic()) if moments else None

    def _is_done(self) -> bool:
        if self._leave_at is None and not (self._alone and self._outlives):
            return False
        drained = not self._streams and not any(sink.unwritten for sink in self._sinks.values())
        return drained or (self._leave_at is not None and time.monotonic() >= self._leave_at)

    def _leave(self) -> None:
        """Write what is in pipes that somebody still holds open, and report what no file would take."""
        for stream in list(self._streams.values()):
            self._empty(stream)
        for stream in self._streams.values():
            stream.finish(self._journal)
        for sink in self._sinks.values():
            sink.cancel_job()
        self._give_up()
        if not self._alone:
            self._control.send("left", "")
