"""One simulated run: a real supervisor with its loop and engine, over a world in which everything goes wrong.

Knows nothing of what is right; `invariants.py` does. The same seed is the same run, to the last system call.
"""

from __future__ import annotations

import fcntl
import gc
import os
import random
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from attrs import evolve, frozen
from tests.simulation.invariants import Invariants, open_descriptors
from tests.simulation.kernel import SimulatedKernel, SimulatedLauncher, Waits
from tests.simulation.programs import Habits, Programs, habits
from tests.simulation.world import Faults, SupervisorDied, World

from udaemon.child.lifeline import Lifeline
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines.base import Listener
from udaemon.engines.local import LocalEngine
from udaemon.errors import UdaemonError
from udaemon.logs.log_target import LogTarget
from udaemon.manifest.model import Backoff, Daemon, Manifest, Restart, StartLimit, StartMethod, Stop
from udaemon.policy.calendar import Look
from udaemon.policy.change import difference
from udaemon.policy.events import Event, RestartAsked, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet, Step
from udaemon.policy.instance import Instance, Key
from udaemon.policy.step import step as real_step
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.notices import Notice, Notices
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.pidfiles import PidFiles
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.slots import Slots, rounded
from udaemon.supervisor.supervisor import Supervisor
from udaemon.system.exit_status import Status

HORIZON = 60.0
"""Seconds of a run in which anything may happen."""
QUIET = 120.0
"""Seconds after it, in which nothing more goes wrong."""
PAGE = 4096
_TURNS = 20_000
_KILLED = Status(None, signal.SIGKILL, core=False)


@frozen
class Result:
    """What came of a run."""

    seed: int
    wrongs: tuple[str, ...]
    trace: tuple[str, ...]
    turns: int

    def told(self) -> str:
        """What was wrong, and how to see it again."""
        return "\n".join([f"seed {self.seed}: python -m tests.simulation {self.seed}", *self.wrongs])


@frozen(kw_only=True)
class Core:
    """The parts that a test may have otherwise, to see that it is found out.

    Attributes:
        step: Decides what becomes of an instance.
        listener: Made of the listener of the engine: what stands between it and the supervisor.
        kernel: Makes the kernel.
    """

    step: Step = real_step
    listener: Callable[[Listener], Listener] = lambda listener: listener
    kernel: Callable[[World], SimulatedKernel] = SimulatedKernel


class _Disk(PidFiles):
    """Pid files that exist in name only, and cannot be written while the disk is full."""

    def __init__(self, world: World) -> None:
        super().__init__([], "")
        self._world = world

    def write(self, instance: Instance, pid: int) -> None:
        self._world.system_call()
        if self._world.faults.disk_full:
            raise OSError(28, "No space left on device")


class _Logger:
    """Takes the read ends of log pipes, as long as there are descriptors for them."""

    def __init__(self, world: World, loop: Loop) -> None:
        self.fds: dict[int, int] = {}
        self.on_end: Callable[[int], None] = lambda _stream: None
        self._world = world
        self._loop = loop

    def open(self, number: int, read: int, target: LogTarget) -> None:
        self._world.system_call()
        self._world.refuse(self._world.faults.no_descriptors)
        self.fds[number] = read
        if not target.path.endswith("common.log"):
            self._loop.watch(read, partial(self._on_end, number))

    def spawned(self, number: int, pid: int) -> None:
        self._world.system_call()

    def watch(self, number: int, pidfd: int) -> None:
        self._world.system_call()

    def change(self, number: int, target: LogTarget, pid: int | None) -> None:
        self._world.system_call()

    def close(self) -> None:
        for fd in self.fds.values():
            os.close(fd)
        self.fds.clear()

    def _on_end(self, number: int) -> None:
        self._loop.forget(self.fds[number])
        os.close(self.fds.pop(number))
        self.on_end(number)


class _Incarnation:
    """One supervisor, from its start to its end or death."""

    def __init__(self, run: Run, manifest: Manifest) -> None:
        self._world = world = run.world
        self.kernel = run.core.kernel(world)
        self.book = Invariants(world)
        world.on_kill = self.book.killed
        self.inbox = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.waits = Waits(world, self.kernel, self.inbox)
        self.loop = Loop(self._on_bug, selector=self.waits, clock=self.kernel.now)
        self.fleet = Fleet(manifest, step=self.book.watched(run.core.step))
        self.notices = Notices(world.wall_clock)
        self.notices.subscribe(self._on_notice)
        self.scoreboard = Scoreboard.create(f"{run.directory}/scoreboard", rounded(len(self.fleet.instances)))
        slots = Slots(self.scoreboard, self.fleet.instances)
        self.logger = _Logger(world, self.loop)
        programs = Programs(world, run.habits_of)
        lifeline_read, self.lifeline = os.pipe2(os.O_CLOEXEC)
        self.lifeline_read = lifeline_read
        self.engine = LocalEngine(
            self.loop,
            run.core.listener(self._happen),
            project=manifest.project,
            lifeline=Lifeline(lifeline_read),
            lock_directory=f"{run.directory}/locks",
            scoreboard=self.scoreboard,
            on_process=self._on_process,
            kernel=self.kernel,
            launcher=SimulatedLauncher(world, self.kernel, programs.live),
        )
        self.performer = Performer(
            self.engine,
            self.logger,  # type: ignore[arg-type]
            slots=slots,
            happen=self._happen,
            bug=self._on_bug,
        )
        self.logger.on_end = self.performer.log_ended
        self.finished = False
        self.schedules = Schedules(
            self.loop,
            slots,
            self.fleet,
            happen=self._happen,
            on_good_run=lambda _key: None,
            clock=self.kernel.now,
            clocks=lambda: Look(world.wall_clock(), self.kernel.now()),
        )
        self.supervisor = Supervisor(
            manifest,
            fleet=self.fleet,
            engine=self.engine,
            performer=self.performer,
            scoreboard=self.scoreboard,
            slots=slots,
            notices=self.notices,
            pid_files=_Disk(world),
            schedules=self.schedules,
            finished=self._finish,
            read_manifest=lambda _on_read: None,
            clock=self.kernel.now,
            jitter=random.Random(world.chance.random()),
        )
        for one in (self.supervisor, self.schedules, self.engine):
            self.loop.add(one)
        self.loop.afterwards(self.supervisor.end_of_turn)
        self.loop.afterwards(self.schedules.end_of_turn)
        self.loop.on_signal(signal.SIGCHLD, self.engine.reap_orphans)
        self.loop.watch(self.inbox, self._on_mail)
        self.mail: list[Callable[[], None]] = []

    def begin(self) -> None:
        self.supervisor.open_common_logs()
        for fd in self.logger.fds.values():
            with suppress(OSError):
                fcntl.fcntl(fd, 1031, PAGE)  # F_SETPIPE_SZ
        for instance in self.fleet.autostarted():
            self.book.asked(instance, StartAsked())
        self.supervisor.autostart()
        self.supervisor.end_of_turn()

    def turn(self) -> None:
        self.loop.turn()
        self.book.check(self.fleet)

    def tell(self, act: Callable[[], None]) -> None:
        self.mail.append(act)
        self.waits.has_mail = True

    def ask(self, key: Key, event: Event) -> None:
        if (instance := self.fleet.instances.get(key)) is not None:
            self._world.say("ask", key, event)
            self.book.asked(instance, event)
            self.supervisor.ask([key], event)

    def change(self, run: Run, manifest: Manifest, *, at_once: bool) -> None:
        self.book.unsure |= {*self.fleet.instances, *difference(self.fleet.instances, manifest).added}
        self._world.say("change", ",".join(manifest.daemons))
        before = (self.supervisor.manifest, tuple(self.fleet.instances))
        try:
            self.supervisor.change(manifest, at_once=at_once)
        except UdaemonError:  # no room for what is added, or it is being stopped
            if before != (self.supervisor.manifest, tuple(self.fleet.instances)):
                self._world.wrong("I11: a refused manifest has changed something")
        else:
            run.manifest = manifest

    def shut_down(self) -> None:
        for instance in self.fleet.instances.values():
            self.book.asked(instance, StopAsked())
        self.supervisor.shut_down()

    def close(self) -> None:
        self.engine.close()
        self.notices.close()
        self.logger.close()
        self.scoreboard.close()
        self.loop.close()
        for fd in (self.inbox, self.lifeline, self.lifeline_read):
            os.close(fd)

    def _on_process(self, key: Key, pidfd: int) -> None:
        self.performer.guard(key, pidfd)

    def _on_notice(self, notice: Notice) -> None:
        self._world.say(notice.key or "-", notice.event, notice.message)
        if notice.event == "bug":
            self._world.wrong(f"F6: {notice.message}")

    def _happen(self, key: Key, event: Event) -> None:
        self.supervisor.happen(key, event)

    def _on_mail(self) -> None:
        mail, self.mail = self.mail, []
        self.waits.has_mail = False
        for act in mail:
            act()

    def _on_bug(self, what: str) -> None:
        self.supervisor.bug(what)

    def _finish(self) -> None:
        self.finished = True


class Run:
    """A run of one seed.

    Args:
        seed: Decides everything.
        core: The parts of the supervisor that may be otherwise.
        wall_jumps: Whether somebody sets the clock of the day.
    """

    def __init__(self, seed: int, core: Core, *, wall_jumps: bool) -> None:
        self.seed = seed
        self.core = core
        self.world = World(seed, wall_jumps=wall_jumps)
        self.directory = tempfile.mkdtemp(prefix="udaemon-sim-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self._habits: dict[str, Habits] = {}
        chance = self.world.chance
        self.manifest = self._manifest([self._daemon(f"d{number}") for number in range(chance.randint(1, 5))])
        self.now: _Incarnation | None = None
        self.turns = 0

    def habits_of(self, name: str) -> Habits:
        if name not in self._habits:
            self._habits[name] = habits(self.world)
        return self._habits[name]

    def go(self) -> Result:
        """Run it: faults and verbs, then quiet, then the end."""
        world = self.world
        before = open_descriptors()
        try:
            self._plan()
            self._up()
            self._until(world.now + HORIZON)
            world.faults, world.dies_after = Faults(), None
            self._until(world.now + QUIET)
            self._settle()
        finally:
            if self.now is not None:
                self.now.close()
            world.close()
            shutil.rmtree(self.directory, ignore_errors=True)
        if (left := open_descriptors() - before) != 0:
            world.wrong(f"I7: {left} descriptors are left open")
        trace = (line.replace(self.directory, "RUN") for line in world.trace)
        return Result(self.seed, tuple(world.wrongs), tuple(trace), self.turns)

    def _up(self) -> None:
        self.now = _Incarnation(self, self.manifest)
        self._living(self._begin)

    def _begin(self) -> None:
        """One that has no room to begin says so and ends; somebody tries again."""
        assert self.now is not None
        try:
            self.now.begin()
        except OSError as error:
            self.world.say("no room:", error)
            self.now.close()
            self.now = None
            self.world.at(1.0, self._up)

    def _living(self, act: Callable[[], None]) -> None:
        """Do something as the supervisor, which may die over it."""
        try:
            act()
        except SupervisorDied:
            died = True
        else:
            died = False
        if died:  # only now, as the exception holds what the frames below it had
            self._died()

    def _until(self, moment: float) -> None:
        self.world.at(moment - self.world.now, self._wake)
        while self.world.now < moment and not self.world.wrongs:
            self._turn()

    def _wake(self) -> None:
        if self.now is not None:
            self.now.tell(lambda: None)

    def _turn(self) -> None:
        self.turns += 1
        if self.turns > _TURNS:
            self.world.wrong("the loop spins")
            return
        if self.now is None:
            self.world.advance(self.world.next_at() or self.world.now)
        else:
            self._living(self.now.turn)

    def _settle(self) -> None:
        """Everything is as wanted; then everything stops, within its bound."""
        if self.world.wrongs or self.now is None:
            return
        last, world = self.now, self.world
        last.book.settled(last.fleet)
        last.tell(last.shut_down)
        instances = last.fleet.instances.values()
        longest = max((one.daemon.stop.timeout for one in instances), default=0.0)
        until = max([world.now + 2 * longest, *(one.deadline or 0.0 for one in instances)]) + 60.0
        world.at(until - world.now, self._wake)
        while not last.finished and world.now < until and not world.wrongs:
            self._turn()
        if not last.finished and not world.wrongs:
            world.wrong(f"I9: not down after {until - 1:.0f}: {[str(one.key) for one in instances if not one.at_rest]}")

    def _died(self) -> None:
        """Nothing is left of it; what it ran dies within two seconds, and another one comes."""
        dead, world = self.now, self.world
        assert dead is not None
        self.now = None
        held = {fd for one in world.processes.values() for fd in one.fds}
        for managed in dead.engine._reaper.managed.values():
            if managed.reports is not None:
                managed.reports.close()
        dead.loop.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # nobody closes what a killed process had open
            gc.collect()  # a socket that is found to be garbage later would close a number that is another's by then
        for fd in self._opened() - held:
            with suppress(OSError):
                os.close(fd)
        world.supervisor_died()
        for process in [*world.processes.values()]:
            if process.key is not None and process.alive:
                world.at(world.chance.uniform(0.0, 2.0), partial(world.end, process, _KILLED))
        world.at(world.chance.uniform(0.0, 3.0), self._up)

    def _plan(self) -> None:
        """When which fault begins and ends, and what the operator does."""
        self._base = frozenset(_numbers())
        world, chance = self.world, self.world.chance
        for _ in range(chance.randint(0, 6)):
            begin, takes = chance.uniform(0.0, HORIZON * 0.8), chance.choice((1.0, 10.0))
            chances = {name: chance.choice((0.0, 0.3, 1.0)) for name in ("fork_refused", "no_descriptors", "no_memory")}
            faults = Faults(**chances, disk_full=chance.random() < 0.5, pause=chance.choice((0.0, 0.02)))
            world.at(begin, partial(self._faults, faults))
            world.at(begin + takes, partial(self._faults, Faults()))
        for _ in range(chance.randint(0, 40)):
            world.at(chance.uniform(0.0, HORIZON), self._operate)
        if chance.random() < 0.2:
            world.dies_after = chance.randint(1, 1500)

    def _faults(self, faults: Faults) -> None:
        self.world.say(faults)
        self.world.faults = faults

    def _operate(self) -> None:
        now, chance = self.now, self.world.chance
        if now is None or not now.fleet.instances:
            return
        key = chance.choice([*now.fleet.instances])
        match chance.randrange(12):
            case 0 | 1 | 2:
                now.tell(partial(now.ask, key, StartAsked()))
            case 3 | 4:
                now.tell(partial(now.ask, key, RestartAsked()))
            case 5 | 6:
                now.tell(partial(now.ask, key, StopAsked()))
            case 7:
                now.tell(partial(now.ask, key, StopAsked(timeout=chance.choice((0.0, 0.5, 30.0)))))
            case 8:
                now.tell(partial(now.ask, key, StopAsked(hurry=True)))
            case 9:
                now.tell(partial(now.supervisor.send_signal, [key], chance.choice(("USR1", "STOP", "CONT"))))
            case 10:
                self._kill_one(key)
            case _:
                now.tell(partial(now.change, self, self._changed(self.manifest), at_once=chance.random() < 0.5))

    def _kill_one(self, key: Key) -> None:
        for one in self.world.processes.values():
            if one.key == key and one.alive and one.leader:
                self.world.end(one, _KILLED)
                return

    def _changed(self, manifest: Manifest) -> Manifest:
        chance = self.world.chance
        daemons = [*manifest.daemons.values()]
        match chance.randrange(6):
            case 5:
                daemons[0] = evolve(daemons[0], common_log=f"/log/{chance.randrange(3)}-common.log")
            case 0 if len(daemons) > 1:
                daemons.pop(chance.randrange(len(daemons)))
            case 1:
                daemons.append(self._daemon(f"n{int(self.world.now * 1000)}"))
            case 2:
                daemons[0] = evolve(daemons[0], env={"N": str(chance.random())})
            case 3:
                daemons[0] = evolve(daemons[0], enabled=not daemons[0].enabled)
            case _:
                daemons[-1] = evolve(daemons[-1], stop=evolve(daemons[-1].stop, timeout=chance.choice((0.1, 2.0))))
        return self._manifest(daemons)

    def _manifest(self, daemons: list[Daemon]) -> Manifest:
        named = {daemon.name: daemon for daemon in daemons}
        return Manifest(file="/p/udaemon.toml", directory="/", project="p", daemons=named)

    def _daemon(self, name: str) -> Daemon:
        chance = self.world.chance
        task = chance.random() < 0.3
        return Daemon(
            name=name,
            command=None if task else ("db", "serve"),
            factory="jobs:create" if task else None,
            start_method=StartMethod.SPAWN,
            instances=chance.choice((1, 1, 2)),
            autostart=chance.random() < 0.8,
            restart=chance.choice([*Restart]),
            backoff=Backoff(initial=chance.choice((0.0, 0.1, 1.0)), max=chance.choice((1.0, 10.0))),
            start_limit=StartLimit(count=chance.choice((3, 10, 1000)), window=60.0, then=chance.choice((None, 5.0))),
            stop=Stop(timeout=chance.choice((0.0, 0.5, 5.0, 3600.0)), kill_tree=chance.random() < 0.8),
            log_dir="/log",
            common_log="/log/common.log",
        )

    def _opened(self) -> set[int]:
        return set(_numbers()) - self._base


def _numbers() -> list[int]:
    """Those that are open; the one by which they are listed is closed by then."""
    return [fd for fd in map(int, os.listdir("/proc/self/fd")) if _is_open(fd)]


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def run(seed: int, core: Core | None = None, *, wall_jumps: bool = True) -> Result:
    """Run one seed."""
    return Run(seed, core or Core(), wall_jumps=wall_jumps).go()
