"""The keeper: the supervisor's parent under `up -d`, which starts another one when that dies, and loses nothing.

Knows no daemon, no manifest and no policy. It is a subreaper, to which the kernel hands the children of a dead
supervisor; it reaps none of them before the next supervisor says so, because a zombie is the one note of an exit status
that nothing can lose. It keeps copies of the descriptors that must outlive a supervisor, by names that it does not
understand. It imports little, for it is there all the time; idle, it waits in one system call without a time-out.

A supervisor says `keep NAME FACT…`, with a descriptor, `drop NAME`, `reap PID`, `ready` and `leave`. To be replaced it
says `next NAME…`: one that stands by is shown what is kept under names that begin so, and the answer is `able FACTS` or
`unable REASON`. Then it says `renew`, after which the keeper is the installed code, too, and answers `renewed`; at last
`yield REASON`. `dismiss` takes `next` back.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from udaemon.child.dispositions import FOR_A_SUPERVISOR
from udaemon.logs.wire import Unpacker, pack
from udaemon.service import keeper_state
from udaemon.service.broken_successor import BrokenSuccessor, kill_children
from udaemon.service.keeper_pace import Pace
from udaemon.service.keeper_state import KeeperState
from udaemon.service.keeper_wire import Store, receive, show
from udaemon.service.standby import STATE_VERSION, StandBy
from udaemon.system.descriptors import point_at_null

Start = Callable[[socket.socket, int], int]
"""Starts a supervisor that has this as its end of the socket to us, and this as its stderr. Returns its pid."""

_HEEDED = (*FOR_A_SUPERVISOR, signal.SIGCHLD)
_SAID_BY_THE_NEXT = frozenset({"able", "unable"})
_SHOWN_WITHIN = 5.0
"""Seconds for one that stands by to take in what it is shown."""


class Keeper:
    """Keeps one supervisor going.

    Args:
        start: How every supervisor but the first is started.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._store: Store = {}
        self._ready = self._left = self._stood = False
        self._pace = Pace()
        self._supervisor = 0
        self._socket: socket.socket
        self._next: StandBy | None = None
        self._yields: str | None = None
        self._limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._broken = BrokenSuccessor(self._store, self._wake_read)

    def run(self, supervisor: int, connection: socket.socket) -> int:
        """Go on until a supervisor has ended as it should, or the first did not come to stand; returns its exit code.

        Args:
            supervisor: The first one's pid, a child of this process.
            connection: Our end of the socket to it.
        """
        self._heed_signals()
        self._watch(supervisor, connection)
        with suppress(ValueError, OSError):  # it keeps as many as all its supervisor's daemons need
            resource.setrlimit(resource.RLIMIT_NOFILE, (self._limit[1], self._limit[1]))
        return self._go_on()

    def go_on_with(self, state: KeeperState) -> int:
        """Go on where another program was that has executed this one in its place, as `run` does."""
        self._heed_signals()
        self._store.update(state.store)
        self._supervisor, self._limit = state.supervisor, state.limit
        self._pace = Pace(*state.pace)
        self._socket = socket.socket(fileno=state.socket)
        self._next = None if state.standby is None else StandBy(*state.standby)
        self._ready = self._stood = True
        self._tell("renewed")
        self._tell("child")  # what has happened since then nobody was told
        return self._go_on()

    def _go_on(self) -> int:
        while True:
            self._attend()
            if self._left:
                self._dismiss()
                return 0
            how = os.waitstatus_to_exitcode(os.waitpid(self._supervisor, 0)[1])
            self._socket.close()
            why, self._yields = self._yields, None
            if why is None and (how == 0 or not self._ready):
                kill_children()
                return how if how >= 0 else 128 - how
            if why is None or not self._take_next(why):
                self._dismiss()
                ended = f"was killed by signal {-how}" if how < 0 else f"ended with exit code {how}"
                if not self._stood:
                    self._broken.note(f"it {ended}")
                if not self._again(ended):
                    self._broken.end_all()
                    return 1

    def _heed_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in _HEEDED:
            signal.signal(number, lambda _number, _frame: None)  # the number is in the pipe
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)

    def _take_next(self, why: str) -> bool:
        """Hand over to the one that stands by. Returns whether it was there."""
        following, self._next = self._next, None
        if following is None:
            return False
        self._watch(following.pid, following.socket)
        os.close(following.stderr)
        with suppress(OSError):  # it has ended: that is seen in a moment
            self._hand_over(why)
        return True

    def _again(self, why: str) -> bool:
        """Start the next one, at once where the last one lived for a while. False where none stands to do a stop."""
        while True:
            stood, until = self._stood, time.monotonic() + self._pace.died(stood=self._stood)
            self._stood = False
            while (left := until - time.monotonic()) > 0 and not self._broken.is_stop_asked:
                self._broken.pause(left)
                self._wake()
            if self._broken.is_stop_asked and not stood:
                return False
            try:
                self._launch()
                self._hand_over(why)
            except OSError as error:  # no process, no memory, or it has ended already: that is seen in a moment
                if not self._supervisor:
                    self._broken.note(f"it cannot be started: {error.strerror}")
                    self._pace.failed()
                    continue
            return True

    def _launch(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._watch(0, ours)
        try:
            with theirs:
                self._supervisor = self._start(theirs, self._broken.stderr())
        except OSError:
            ours.close()
            raise

    def _watch(self, supervisor: int, connection: socket.socket) -> None:
        self._pace.begins()
        self._supervisor, self._socket, self._stood = supervisor, connection, False

    def _hand_over(self, why: str) -> None:
        show(self._socket, self._store, pack("died", why, *map(str, self._limit)))

    def _attend(self) -> None:
        """Do what the supervisor says, until it has gone."""
        while True:
            poller = select.poll()
            connections = [self._socket] if self._next is None else [self._socket, self._next.socket]
            for fd in (self._wake_read, *(one.fileno() for one in connections)):
                poller.register(fd, select.POLLIN)
            ready = poller.poll(self._broken.patience)
            if not ready:
                self._forward(signal.SIGKILL)  # it does not come to take the stop that waits for it
            for fd, _mask in ready:
                if fd == self._wake_read:
                    self._wake()
                elif fd == self._socket.fileno():
                    if not self._hear():
                        return
                elif self._next is not None and fd == self._next.socket.fileno():
                    self._hear_next(self._next)

    def _hear_next(self, following: StandBy) -> None:
        """Pass on what the one that stands by says of itself; its end is an answer, too."""
        said = following.said()
        if said is None:
            self._dismiss()
        elif said:
            for kind, *fields in Unpacker().feed(said):
                if kind == "loaded":
                    self._show_next(following)
                elif kind in _SAID_BY_THE_NEXT:
                    self._tell(kind, *fields)

    def _start_next(self, names: Sequence[str]) -> None:
        self._dismiss()
        try:
            self._next = StandBy.start(names)
        except OSError as error:
            self._tell("unable", f"it cannot be started: {error.strerror}")

    def _show_next(self, following: StandBy) -> None:
        shown = {name: kept for name, kept in self._store.items() if name.startswith(following.names)}
        following.socket.settimeout(_SHOWN_WITHIN)
        try:
            show(following.socket, shown, pack("rehearse", str(STATE_VERSION)))
        except OSError:  # it has ended, or takes nothing in
            self._dismiss()
        else:
            following.socket.settimeout(None)

    def _dismiss(self) -> None:
        """No supervisor stands by any more."""
        if self._next is not None:
            following, self._next = self._next, None
            self._tell("unable", following.dismiss())

    def _renew(self) -> None:
        """Execute the installed code in place of this one: it is the same process, with the same children."""
        following = None if self._next is None else (self._next.pid, self._next.socket.fileno(), self._next.stderr)
        state = KeeperState(
            self._store, self._supervisor, self._socket.fileno(), following, self._limit, self._pace.state
        )
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)  # they wait until there are handlers again
        try:
            keeper_state.execute(state)
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            self._tell("unable", f"the keeper cannot be executed anew: {error.strerror}")

    def _tell(self, *fields: str) -> None:
        with suppress(OSError):  # it has gone, or does not listen
            self._socket.send(pack(*fields), socket.MSG_DONTWAIT)

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
                self._reap(int(fields[0]))
            elif kind == "ready":
                self._stands()
            elif kind == "next":
                self._start_next(fields)
            elif kind == "dismiss":
                self._dismiss()
            elif kind == "renew":
                self._renew()
            elif kind == "yield":
                self._yields = fields[0]
                self._forward(signal.SIGKILL)  # that was its last word
            elif kind == "leave":
                self._left = True
                return False
        return True

    def _stands(self) -> None:
        self._stood = True
        if not self._ready:
            self._ready = True
            point_at_null(2)  # whoever started us may wait for it to be closed
        for number in self._broken.stands():
            self._forward(number)

    def _reap(self, pid: int) -> None:
        if self._next is None or pid != self._next.pid:  # how that one ended is ours to know
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def _drop(self, name: str) -> None:
        if (kept := self._store.pop(name, None)) is not None:
            os.close(kept[1])

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            for number in dict.fromkeys(os.read(self._wake_read, 4096)):
                if number == signal.SIGCHLD:
                    self._tell("child")  # it looks at all that there is when it comes to it
                elif number in FOR_A_SUPERVISOR and self._ready and not self._stood:
                    self._broken.put_off(number)  # it has no handlers yet
                elif number in FOR_A_SUPERVISOR:
                    self._forward(number)

    def _forward(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._supervisor, number)  # a child that is not reaped: nobody else's number
