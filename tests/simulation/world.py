"""A fake system of processes with a clock of its own; a seed decides all that can go either way.

Knows nothing of udaemon's states. Time moves when somebody waits, and a little with each system call: whatever is due
by then happens first, so that a process may end between any two calls of ours. Descriptors, locks and pipes are real;
only processes and time are not.
"""

from __future__ import annotations

import errno
import fcntl
import heapq
import os
import random
import signal
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from attrs import define
from tests.simulation.processes import FIRST_PID, INIT, KEEPER, US, Process, close

from udaemon.policy.instance import Key
from udaemon.system.exit_status import Status

Act = Callable[[], None]


class SupervisorDied(BaseException):
    """The supervisor was killed within a system call."""


@define
class Faults:
    """What goes wrong at this moment, each with a chance from 0 to 1."""

    fork_refused: float = 0.0
    no_descriptors: float = 0.0
    no_memory: float = 0.0
    disk_full: bool = False
    pause: float = 0.0


class World:
    """Processes, time, and what happens when.

    Attributes:
        more: Chances of what came later than `chance`, so that older seeds stay the same runs.
        kept: Whether a keeper gets what a dead supervisor had.
        tells_of_reaped: Whether the kernel tells how one ended that was reaped already, as Linux 6.15 does.
        deaths: How many supervisors have died.
        late: Seconds in all by which the supervisor was kept from running when it could have.
        resumed_at: When it last went on after it had been kept from running.
        wrongs: What must never be seen and was.
        trace: All that happened, in order.
    """

    def __init__(self, seed: int, *, wall_jumps: bool = True) -> None:
        self.chance = random.Random(seed)
        self.more = random.Random(f"{seed} more")
        self.kept = False
        self.tells_of_reaped = self.more.random() < 0.5
        self.now = 1000.0
        self.wall_shift = 0.0
        self.processes: dict[int, Process] = {}
        self.leaders: dict[tuple[Key, int], Process] = {}
        self.faults = Faults()
        self.late = self.resumed_at = 0.0
        self.deaths = 0
        self.wrongs: list[str] = []
        self.trace: list[str] = []
        self.child_ended = self.keepers_child_ended = False
        self.dies_after: int | None = None
        self._dead = False
        self.on_leader_end: Callable[[Process], None] = lambda _process: None
        self.on_fork: Callable[[Process], None] = lambda _process: None
        self.on_kill: Callable[[Process], None] = lambda _process: None
        self._wall_jumps = wall_jumps
        self._due: list[tuple[float, int, Act]] = []
        self._numbers = count()
        self._pids = count(FIRST_PID)
        self._free: deque[int] = deque()

    # Time.

    def at(self, seconds: float, act: Act) -> None:
        """Let something happen so many seconds from now."""
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), act))

    def next_at(self) -> float | None:
        return self._due[0][0] if self._due else None

    def advance(self, until: float) -> None:
        """Let time pass, and what is due happen on the way."""
        while self._due and self._due[0][0] <= until:
            at, _, act = heapq.heappop(self._due)
            self.now = max(self.now, at)
            act()
        self.now = max(self.now, until)

    def system_call(self) -> None:
        """What may happen in and between the supervisor's calls."""
        if self._dead:  # whatever would tidy up after an exception does nothing more, either
            raise SupervisorDied
        self.advance(self.now + self.chance.random() * 1e-4)
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after <= 0:
                self.dies_after = None
                self._dead = True
                raise SupervisorDied

    def wall_clock(self) -> float:
        """The time of day, which somebody sets now and then."""
        if self._wall_jumps and int(self.now * 1000) % 7 == 0:
            self.wall_shift += 3600.0 if int(self.now) % 2 else -7200.0
        return self.now + self.wall_shift

    def say(self, *words: object) -> None:
        self.trace.append(f"{self.now:.6f} {' '.join(map(str, words))}")

    def wrong(self, what: str) -> None:
        self.say("WRONG", what)
        self.wrongs.append(f"{what} (at {self.now:.6f})")

    def hit(self, chance: float) -> bool:
        return chance > 0 and self.chance.random() < chance

    def refuse(self, chance: float, number: int = errno.EMFILE) -> None:
        if self.hit(chance):
            raise OSError(number, os.strerror(number))

    # Processes.

    def fork(self, parent: int, *, fds: Iterable[int] = (), session: int | None = None, **fields: object) -> Process:
        """Let there be a process; the number of one that has just gone is often the next to be used."""
        pid = self._number()
        owned = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0) for fd in fds]
        started = int(self.now * 100)
        session = pid if session is None else session
        process = Process(pid, parent, session, session, started, fds=owned, **fields)  # type: ignore[arg-type]
        self.processes[pid] = process
        process.born = self.deaths
        if process.leader and process.key is not None:
            self.leaders[process.key, pid] = process
        self.say("fork", pid, "by", parent, process.key or "-")
        return process

    def end(self, process: Process, status: Status) -> None:
        """Let one end: its descriptors are closed, its children have another parent."""
        if not process.alive:
            return
        process.ended, process.ended_at = status, self.now
        self.say("end", process.pid, status.code, status.signal)
        close(process)
        for one in [*self.processes.values()]:
            if one.parent == process.pid:
                one.parent = self._heir(process)
                if not one.alive:
                    self._on_zombie(one)
        if process.leader:
            self.on_leader_end(process)
        self._on_zombie(process)

    def deliver(self, process: Process, number: int) -> None:
        """Send a signal to one."""
        if not process.alive:
            return
        if process.key is None:
            self.wrong(f"I3: signal {number} to pid {process.pid}, which we did not start")
        self.say("signal", number, "to", process.pid)
        if number == signal.SIGKILL:
            self.on_kill(process)
            self._kill(process)
        elif number == signal.SIGSTOP:
            process.stopped = True
        elif number == signal.SIGCONT:
            process.stopped = False
            pending, process.pending = process.pending, []
            for held in pending:
                process.on_signal(held)
        elif process.stopped:
            process.pending.append(number)
        else:
            process.on_signal(number)

    def children(self, *parents: int) -> list[Process]:
        """Those of the supervisor, or of these, zombies too."""
        return [process for process in self.processes.values() if process.parent in (parents or (US,))]

    def reaped(self, process: Process) -> None:
        """Let a zombie be gone, and its number be used again: at once, and by anybody."""
        self.say("reaped", process.pid)
        process.reaped = self.deaths
        del self.processes[process.pid]
        self._free.append(process.pid)
        if self.hit(0.2):
            other = self.fork(INIT)
            self.at(self.chance.uniform(0.0, 5.0), lambda: self.end(other, Status(0, None, core=False)))

    def supervisor_died(self) -> None:
        """All that it had is its heir's."""
        self.say("supervisor died")
        self.deaths += 1
        self._dead = False
        self.child_ended = False
        self._inherited(US, KEEPER if self.kept else INIT)

    def keeper_died(self) -> None:
        """What it had of a dead supervisor is nobody's."""
        self.say("keeper died")
        self.keepers_child_ended = False
        self._inherited(KEEPER, INIT)

    def _inherited(self, parent: int, heir: int) -> None:
        for process in [*self.processes.values()]:
            if process.parent == parent:
                process.parent = heir
                if not process.alive:
                    self._on_zombie(process)

    def close(self) -> None:
        for process in self.processes.values():
            close(process)

    def _number(self) -> int:
        """A number that was just free, or a new one. What names a group or session yet is not used again."""
        if self._free and self.hit(0.7):
            used = {number for one in self.processes.values() for number in (one.session, one.group)}
            for pid in reversed(self._free):
                if pid not in used:
                    self._free.remove(pid)
                    return pid
        return next(self._pids)

    def _heir(self, process: Process) -> int:
        """The nearest subreaper: for all that descend from the supervisor that is the supervisor."""
        parent = process.parent
        return parent if parent in (US, INIT, KEEPER) else self._heir(self.processes[parent])

    def _on_zombie(self, process: Process) -> None:
        if process.parent == US:
            self.child_ended = True
        elif process.parent == KEEPER:
            self.keepers_child_ended = True
        else:
            self.reaped(process)  # init reaps, and so does a program that knows its children

    def _kill(self, process: Process) -> None:
        process.killed = True
        wait = max(0.0, process.unkillable_until - self.now)
        if self.hit(0.3):
            wait += self.chance.uniform(0.0, 0.01)
        killed = Status(None, signal.SIGKILL, core=False)
        if wait:
            self.at(wait, lambda: self.end(process, killed))
        else:
            self.end(process, killed)
