"""The supervisor's process: puts its parts together, runs them, and takes them down again.

Decides nothing. `handoff` calls it; it is the one place that sees both supervisor and control.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from udaemon.control import claim
from udaemon.policy.events import Event
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.service.course import Course
from udaemon.service.handoff import Handoff
from udaemon.service.hooking import hook_up
from udaemon.service.manifest_reader import ManifestReader
from udaemon.service.place import Place
from udaemon.service.probing import Probing
from udaemon.service.recovery import Parts
from udaemon.service.replacement import Replacement
from udaemon.service.room import room_in
from udaemon.service.supervisor_signals import SupervisorSignals
from udaemon.service.systemd import ServiceManager, tell_service_manager
from udaemon.supervisor.log_drain import LogDrain
from udaemon.supervisor.pid_writer import PidWriter
from udaemon.supervisor.pidfiles import PidFiles, put
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.supervisor import Supervisor
from udaemon.system.subreaper import become_subreaper
from udaemon.units import form, output

if TYPE_CHECKING:
    from udaemon.logs.answers import Answer
    from udaemon.manifest.model import Manifest
    from udaemon.service.groundwork import Groundwork
    from udaemon.service.outlive import Outlive
    from udaemon.service.together import Together

_DRAIN, _DRAIN_HELD = 3.0, 0.2
"""Seconds for the logger to write what is left; where somebody holds a log open, that was waited for before."""


class Service:
    """One project's supervisor with its loop, logger, engine and socket.

    Args:
        handed: What it gets from `up`.
        keeping: What it does for the next supervisor, if there is to be one.
        ground: What it is built on.

    Raises:
        UdaemonError: The run directory is not safe, or has no room.
        OSError: There is no room for a supervisor.
    """

    _manager: ServiceManager | None

    def __init__(self, handed: Handoff, keeping: Together | Outlive, ground: Groundwork) -> None:
        self._handed = handed
        self._keeping = keeping
        self._notices = keeping.notices
        self._ground = ground
        self._loop, self._logger, self._logs, self._engine = ground.loop, ground.logger, ground.logs, ground.engine
        self._scoreboard, self._slots = ground.scoreboard, ground.slots
        self._fleet = Fleet(handed.manifest, on_change=keeping.note)
        self._lost: list[str] = []
        self._gave_way = False
        self._make_helpers()
        self._supervisor = self._make_supervisor()
        self._performer = self._supervisor.performer
        self._log_drain = LogDrain(
            self._logs.not_ended,
            ours=lambda: (os.getpid(), self._logger.pid or 0),
            logger=self._logger,
            tell=self._on_trouble,
            on_done=self._loop.stop,
        )
        self._course = Course(keeping, self._supervisor, self._schedules)
        self._place = Place(handed, keeping)
        ground.told = self

    def _make_helpers(self) -> None:
        """What does one thing each for the supervisor."""
        loop, handed, keeping, fleet = self._loop, self._handed, self._keeping, self._fleet
        self._probing = Probing(
            loop, time.monotonic, handed.directory, self.happen, self._on_trouble, store=keeping.store
        )
        self._reader = ManifestReader(loop, handed.source, time.monotonic)
        self._schedules = Schedules(loop, self._slots, fleet, happen=self.happen, on_good_run=self.good_run)
        self._hooks = hook_up(loop, self._notices, fleet, self._engine, self._schedules, bug=self.bug)
        self._pid_writer = PidWriter(loop, put, self._on_trouble)
        self._helpers = (self._logger, self._reader, self._pid_writer, self._probing, self._hooks)
        self._replacement = Replacement(
            keeping.link,
            settled=lambda: fleet.is_settled() and self._hooks.is_idle,
            leaving=lambda: self._supervisor.leaving,
            leave=self._give_way,
        )
        keeping.on_keeper_gone = self._replacement.keeper_gone

    def _make_supervisor(self) -> Supervisor:
        manifest, directory = self._handed.manifest, self._handed.directory
        pid_directories = [directory, *filter(None, [manifest.run_dir])]
        return Supervisor(
            manifest,
            fleet=self._fleet,
            engine=self._engine,
            logs=self._logs,
            scoreboard=self._scoreboard,
            slots=self._slots,
            notify=self._probing.notify,
            beside=lambda key: claim.holder(f"{os.path.basename(directory)}/{key}", os.geteuid()),
            notices=self._notices,
            pid_files=PidFiles(pid_directories, manifest.context, self._pid_writer.take),
            schedules=self._schedules,
            finished=lambda: self._log_drain.wait(),  # noqa: PLW0108 - made below
            read_manifest=self._reader.read,
            reexec=self._replacement.ask,
            asks=self._probing.asks,
            make_room=room_in(directory, self._engine),
            manifest_changed=self._on_manifest_changed,
        )

    def begin(self) -> None:
        """Start what is to be started, and answer on the socket.

        Raises:
            OSError: There is no room for a supervisor.
        """
        self._keeping.keep_handoff(self._handed)
        handed = self._handed = self._handed._replace(pickled=None)
        self._place.keep()
        self._logger.start()
        self._ground.own_stderr.take()
        self._supervisor.open_common_logs()
        become_subreaper()
        waiting = (self._supervisor, self._engine, self._logger, self._log_drain, self._reader, self._probing)
        for waits in (*waiting, self._schedules, self._hooks, self._replacement):
            self._loop.add(waits)
        self._loop.afterwards(self._end_of_turn)
        SupervisorSignals(self._supervisor, lambda: self._manager).listen(self._loop)
        self._loop.on_signal(signal.SIGCHLD, self._on_child)
        if handed.lifeline is not None:
            self._loop.watch(handed.lifeline.fd, self._on_lifeline_end)
        self._supervisor.publish(None, "up", f"supervises {handed.manifest.project}", pid=os.getpid())
        parts = (self._fleet, self._engine, self._performer, self._logs, self._scoreboard, self._slots, self._loop)
        self._course.begin(Parts(*parts, self.happen, self._supervisor.ask), autostart=handed.autostart)
        self._end_of_turn()
        self._manager = tell_service_manager(os.environ, self._loop, self._supervisor, self._fleet)
        self._place.serve(self._supervisor, self._loop, trouble=self._on_trouble)

    def run(self) -> None:
        """Go on until everything has stopped."""
        self._keeping.begin(self._loop, self._engine.reap_orphans)
        self._loop.run()
        if not self._gave_way:
            self._end()

    def _end(self) -> None:
        """Everything has stopped: let the helpers finish, then remove what was made."""
        self._supervisor.tell_what_lives_on()
        self._supervisor.publish(None, "down", "all daemons have stopped", pid=os.getpid())
        self._place.let_go()
        self._engine.kill_helpers()  # while they end, the logger drains what is left: it waits for their pipe
        for part in (self._reader, self._probing, self._hooks, self._pid_writer, self._notices):
            part.close()
        self._ground.own_stderr.give_back(self._ground.terminal)
        self._logger.close(_DRAIN_HELD if self._log_drain.held else _DRAIN)
        self._engine.close()
        self._place.close({"lost": self._lost} if self._lost else None)  # only now is it known
        self._scoreboard.close()
        self._keeping.close()
        self._place.remove()

    def happen(self, key: Key, event: Event) -> None:
        """Let an event happen to an instance."""
        self._supervisor.happen(key, event)

    def made(self, key: Key, pidfd: int) -> None:
        """Have a new process guarded."""
        self._keeping.guard(self._performer, key, pidfd)

    def good_run(self, key: Key) -> None:
        """Let an instance know of a good run."""
        self._supervisor.good_run(key)

    def helpers(self) -> list[int]:
        """Tell which children of ours are no daemons."""
        return [helper.pid for helper in self._helpers if helper.pid]

    def said(self, answer: Answer) -> None:
        """Let an instance know of a line of its log."""
        self._performer.heard(answer)

    def log_state(self, stream: int, state: str) -> None:
        """Tell that a log got into trouble, or out of it."""
        self._supervisor.log_state(stream, state)

    def lost(self, path: str, lines: int, size: int) -> None:
        """Tell of what could not be written to a file."""
        self._lost.append(f"{output(lines, size)} for {path} could not be written and {form(lines, 'is', 'are')} lost")
        self._supervisor.publish(None, "lost", self._lost[-1], log=path, lines=lines, bytes=size)

    def abandoned(self) -> None:
        """Wait no more for who holds a log open."""
        self._log_drain.abandoned()

    def bug(self, what: str) -> None:
        """Tell of an exception that is being handled."""
        self._supervisor.bug(what)

    def _on_child(self) -> None:
        self._engine.reap_orphans()
        self._logger.child_changed()

    def _on_lifeline_end(self) -> None:
        """The foreground `up` has ended, whatever ended it."""
        if self._handed.lifeline is not None:
            self._loop.forget(self._handed.lifeline.fd)
        self._supervisor.shut_down()

    def _on_manifest_changed(self, manifest: Manifest) -> None:
        self._keeping.keep_handoff(self._handed._replace(manifest=manifest))
        with suppress(OSError):  # the former log goes on to have it, until there is room
            self._ground.lead_stderr(manifest)

    def _end_of_turn(self) -> None:
        self._course.end_turn()
        self._replacement.end_of_turn()
        self._notices.flush()

    def _give_way(self, why: str) -> None:
        """Have the one that stands by take over. What is left to do it does, as if we had been killed."""
        self._supervisor.publish(None, "reexec", f"the supervisor {why}")
        self._hooks.close()
        self._supervisor.finish_pid_files()
        self._notices.flush()
        self._place.give_way()
        self._keeping.record(leaving=self._supervisor.leaving)
        self._gave_way = self._keeping.give_way(why)
        if self._gave_way:
            self._loop.stop()

    def _on_trouble(self, text: str) -> None:
        self._supervisor.publish(None, "warning", text)
