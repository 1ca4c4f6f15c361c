"""One supervisor, from its start to its end or death: the real one, put together as its process does it.

Knows nothing of faults, and of what is right.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress

from tests.simulation.core import Core
from tests.simulation.invariants import Invariants
from tests.simulation.keeping import Keeping
from tests.simulation.launcher import SimulatedLauncher
from tests.simulation.programs import Programs
from tests.simulation.stand_ins import Disk, Logger
from tests.simulation.waits import Waits
from tests.simulation.world import World

from udaemon.engines.local import LocalEngine
from udaemon.errors import UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.policy.calendar import Look
from udaemon.policy.change import difference
from udaemon.policy.events import Event, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key
from udaemon.service.course import Course
from udaemon.service.recovery import Parts
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.notices import Notice
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.supervisor import Supervisor

PAGE = 4096


class Incarnation:
    """A supervisor.

    Args:
        world: Where it lives.
        core: Its parts that may be otherwise.
        manifest: What is declared.
        keeping: What is kept of it for the next one.
        book: Told what happens, and judges it.
        programs: What it executes.
        directory: The run directory.
    """

    def __init__(
        self,
        world: World,
        core: Core,
        manifest: Manifest,
        *,
        keeping: Keeping,
        book: Invariants,
        programs: Programs,
        directory: str,
    ) -> None:
        self._world = world
        self.keeping, self.kernel, self.book = keeping, keeping.kernel, book
        self.inbox = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.waits = Waits(world, keeping.simulated, self.inbox, keeping.attend)
        self.loop = Loop(self._on_bug, selector=self.waits, clock=self.kernel.now)
        self.fleet = Fleet(manifest, step=self.book.watched(core.step), on_change=self._on_change)
        book.go_by(self.fleet)
        self.notices = keeping.notices
        self.notices.subscribe(self._on_notice)
        self.scoreboard, self.slots = keeping.board(self.fleet.instances)
        self.logger = Logger(world, self.loop, keeping.store)
        self.engine = LocalEngine(
            self.loop,
            core.listener(self._happen),
            project=manifest.project,
            lifeline=keeping.lifeline,
            lock_directory=f"{directory}/locks",
            scoreboard=self.scoreboard,
            on_process=lambda key, pidfd: keeping.guard(self.performer, key, pidfd),
            kernel=self.kernel,
            launcher=SimulatedLauncher(world, keeping.simulated, programs.live),
            store=keeping.store,
        )
        self.finished = False
        self.schedules = Schedules(
            self.loop,
            self.slots,
            self.fleet,
            happen=self._happen,
            on_good_run=lambda key: self.supervisor.good_run(key),  # noqa: PLW0108 - made below
            clock=self.kernel.now,
            clocks=lambda: Look(world.wall_clock(), self.kernel.now()),
        )
        self.pipes = LogPipes(self.logger)  # type: ignore[arg-type]
        self.supervisor = Supervisor(
            manifest,
            fleet=self.fleet,
            engine=self.engine,
            logs=self.pipes,
            scoreboard=self.scoreboard,
            slots=self.slots,
            notices=self.notices,
            pid_files=Disk(world),
            schedules=self.schedules,
            finished=self._finish,
            read_manifest=lambda _on_read: None,
            manifest_changed=keeping.keep_manifest,
            clock=self.kernel.now,
            jitter=random.Random(world.chance.random()),
        )
        self.performer = self.supervisor.performer
        self.logger.on_end = self.pipes.log_ended
        self.course = Course(keeping, self.supervisor, self.schedules)
        for one in (self.supervisor, self.schedules, self.engine):
            self.loop.add(one)
        self.loop.afterwards(self._end_turn)
        self.loop.on_signal(signal.SIGCHLD, self.engine.reap_orphans)
        self.loop.watch(self.inbox, self._on_mail)
        self.mail: list[Callable[[], None]] = []

    def begin(self, *, autostart: bool) -> None:
        """Go on where another one died, or start what is to be started."""
        self.keeping.keep_manifest(self.supervisor.manifest)
        self.keeping.inherit_logs(self.logger, self.pipes)
        self.supervisor.open_common_logs()
        for pipe in self.logger.pipes.values():
            with suppress(OSError):
                fcntl.fcntl(pipe.fd, 1031, PAGE)  # F_SETPIPE_SZ
        if autostart:
            for instance in self.fleet.autostarted():
                self.book.asked(instance, StartAsked())
        parts = (self.fleet, self.engine, self.performer, self.pipes, self.scoreboard, self.slots, self.loop)
        self.course.begin(Parts(*parts, self._happen, self.supervisor.ask), autostart=autostart)
        self._end_turn()
        self.keeping.begin(self.loop, self.engine.reap_orphans)

    def turn(self) -> None:
        """Let it wait once, and look at it."""
        self.loop.turn()
        self.book.check(self.fleet)

    def tell(self, act: Callable[[], None]) -> None:
        """Let it do something in its next turn."""
        self.mail.append(act)
        self.waits.has_mail = True

    def ask(self, key: Key, event: Event) -> None:
        """The operator wants something of an instance."""
        if (instance := self.fleet.instances.get(key)) is not None:
            self._world.say("ask", key, event)
            self.book.asked(instance, event)
            self.supervisor.ask([key], event)

    def change(self, manifest: Manifest, *, at_once: bool) -> bool:
        """The operator declares something else. Returns whether that was taken."""
        for key in {*self.fleet.instances, *difference(self.fleet.instances, manifest).added}:
            self.book.of(key).unsure = True
        self._world.say("change", ",".join(manifest.daemons))
        before = (self.supervisor.manifest, tuple(self.fleet.instances))
        try:
            self.supervisor.change(manifest, at_once=at_once)
        except UdaemonError:  # no room for what is added, or it is being stopped
            if before != (self.supervisor.manifest, tuple(self.fleet.instances)):
                self._world.wrong("I11: a refused manifest has changed something")
            return False
        return True

    def shut_down(self) -> None:
        """Stop everything."""
        for instance in self.fleet.instances.values():
            self.book.asked(instance, StopAsked())
        self.supervisor.shut_down()

    def close(self) -> None:
        """It has ended."""
        self.engine.close()
        self.notices.close()
        self.logger.close()
        self.scoreboard.close()
        self.slots._maps.clear()
        self.keeping.close()
        self.loop.close()
        os.close(self.inbox)

    def drop(self) -> None:
        """It was killed: let go of what closes itself when it is found to be garbage."""
        for managed in self.engine._reaper.managed.values():
            if managed.reports is not None:
                managed.reports.close()
        self.slots._maps.clear()
        self.keeping.let_drop()
        self.loop.close()

    def _end_turn(self) -> None:
        self.course.end_turn()
        self.notices.flush()

    def _on_change(self, key: Key, instance: Instance | None) -> None:
        self.keeping.note(key, instance)
        self.book.changed(key, instance)

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
