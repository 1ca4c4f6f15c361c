"""The supervisor's process: puts its parts together, runs them, and takes them down again.

Decides nothing. `handoff` calls it; it is the one place that sees both supervisor and control.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from typing import TYPE_CHECKING

from udaemon.control import claim, rundir
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.local import LocalEngine
from udaemon.logs.client import LoggerLink
from udaemon.manifest.log_table import LogStderr
from udaemon.policy.events import Event
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.policy.plan import is_forked
from udaemon.service.course import Course
from udaemon.service.file_limit import raise_file_limit
from udaemon.service.handoff import Handoff
from udaemon.service.hooking import hook_up
from udaemon.service.manifest_reader import ManifestReader
from udaemon.service.own_stderr import OwnStderr
from udaemon.service.place import Place
from udaemon.service.probing import Probing
from udaemon.service.recovery import Parts
from udaemon.service.replacement import Replacement
from udaemon.service.room import room_in
from udaemon.service.supervisor_signals import SupervisorSignals
from udaemon.service.systemd import ServiceManager, tell_service_manager
from udaemon.supervisor.log_drain import LogDrain
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.pid_writer import PidWriter
from udaemon.supervisor.pidfiles import PidFiles, put
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.supervisor import Supervisor
from udaemon.system.oom import shield
from udaemon.system.subreaper import become_subreaper
from udaemon.units import form, output

if TYPE_CHECKING:
    from udaemon.engines.zygote.prefork import PreforkedZygote
    from udaemon.manifest.model import Manifest
    from udaemon.service.outlive import Outlive
    from udaemon.service.together import Together

_DRAIN, _DRAIN_HELD = 3.0, 0.2
"""Seconds for the logger to write what is left; where somebody holds a log open, that was waited for before."""


class Service:
    """One project's supervisor with its loop, logger, engine and socket.

    Args:
        handed: What it gets from `up`.
        preforked: A zygote that waits.
        keeping: What it does for the next supervisor, if there is to be one.

    Raises:
        UdaemonError: The run directory is not safe, or has no room.
        OSError: There is no room for a supervisor.
    """

    _manager: ServiceManager | None

    def __init__(self, handed: Handoff, preforked: PreforkedZygote, keeping: Together | Outlive) -> None:
        self._handed = handed
        self._keeping = keeping
        self._notices = keeping.notices
        # Nobody looks at the terminal of `up -d`, but whoever started it may wait for its stderr to be closed.
        self._terminal = os.open(os.devnull, os.O_WRONLY) if handed.lifeline is None else os.dup(2)
        self._fleet = Fleet(handed.manifest, on_change=keeping.note)
        if handed.ready is not None:  # who comes after another one finds its files there
            rundir.check_room(handed.directory, len(self._fleet.instances))
        self._lost: list[str] = []
        self._gave_way = False
        self._loop = Loop(self._on_bug)
        self._scoreboard, self._slots = keeping.board(self._fleet.instances)
        self._logger = self._make_logger()
        self._logs = LogPipes(self._logger)
        self._engine = self._make_engine(preforked)
        self._make_helpers()
        self._supervisor = self._make_supervisor()
        self._performer = self._supervisor.performer
        self._own_stderr = OwnStderr(lambda path: self._logs.common_log(path, timestamps=True))
        self._log_drain = LogDrain(
            self._logs.not_ended,
            ours=lambda: (os.getpid(), self._logger.pid or 0),
            logger=self._logger,
            tell=self._on_trouble,
            on_done=self._loop.stop,
        )
        self._course = Course(keeping, self._supervisor, self._schedules)
        self._place = Place(handed, keeping)

    def _make_logger(self) -> LoggerLink:
        return LoggerLink(
            self._loop,
            on_state=lambda stream, state: self._supervisor.log_state(stream, state),  # noqa: PLW0108 - made below
            on_eof=lambda stream: self._logs.log_ended(stream),  # noqa: PLW0108 - made below
            on_death=lambda text: self._notices.publish(None, "logger", text, {}),
            on_lost=self._on_lost,
            on_abandoned=lambda: self._log_drain.abandoned(),  # noqa: PLW0108 - made below
            on_line=lambda answer: self._performer.heard(answer),  # noqa: PLW0108 - made below
            stderr=self._terminal,
            store=self._keeping.store,
        )

    def _make_engine(self, preforked: PreforkedZygote) -> LocalEngine:
        handed, keeping, instances = self._handed, self._keeping, self._fleet.instances.values()
        enabled = [one.daemon for one in instances if one.daemon.enabled]
        separate = sum(daemon.log.stderr is LogStderr.SEPARATE for daemon in enabled)
        limit = handed.nofile or raise_file_limit(len(enabled), separate)
        if limit is not None:
            resource.prlimit(preforked.pid, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
        project = handed.manifest.project
        return LocalEngine(
            self._loop,
            self._on_event,
            project=project,
            lifeline=keeping.lifeline,
            lock_directory=f"{handed.directory}/locks",
            scoreboard=self._scoreboard,
            nofile=limit,
            oom_score=shield(),
            preforked=preforked,
            forks=sum(is_forked(daemon) and daemon.python is None for daemon in enabled),
            on_process=lambda key, pidfd: keeping.guard(self._performer, key, pidfd),
            on_notice=lambda text: self._notices.publish(None, "zygote", text, {}),
            on_good_run=self._good_run,
            others=lambda: [it.pid for it in self._helpers if it.pid],
            kernel=keeping.kernel,
            store=keeping.store,
            cgroups=Cgroups(project, handed.directory, tell=self._on_trouble),
        )

    def _make_helpers(self) -> None:
        """What does one thing each for the supervisor."""
        loop, handed, keeping, fleet = self._loop, self._handed, self._keeping, self._fleet
        self._probing = Probing(
            loop, time.monotonic, handed.directory, self._on_event, self._on_trouble, store=keeping.store
        )
        self._reader = ManifestReader(loop, handed.source, time.monotonic)
        self._schedules = Schedules(loop, self._slots, fleet, happen=self._on_event, on_good_run=self._good_run)
        self._hooks = hook_up(loop, self._notices, fleet, self._engine, self._schedules, bug=self._on_bug)
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
        self._keeping.inherit_logs(self._logger, self._logs)
        self._logger.start()
        self._own_stderr.lead_to(self._supervisor.open_common_logs())
        if handed.autostart:
            self._engine.expect((one.daemon, one.plan) for one in self._fleet.autostarted())
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
        self._course.begin(Parts(*parts, self._on_event, self._supervisor.ask), autostart=handed.autostart)
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
        os.dup2(self._terminal, 2)
        self._logger.close(_DRAIN_HELD if self._log_drain.held else _DRAIN)
        self._engine.close()
        self._place.close({"lost": self._lost} if self._lost else None)  # only now is it known
        self._scoreboard.close()
        self._keeping.close()
        self._place.remove()

    def _good_run(self, key: Key) -> None:
        self._supervisor.good_run(key)

    def _on_event(self, key: Key, event: Event) -> None:
        self._supervisor.happen(key, event)

    def _on_child(self) -> None:
        self._engine.reap_orphans()
        self._logger.child_changed()

    def _on_lost(self, path: str, lines: int, size: int) -> None:
        """A file could not be written up to the end."""
        self._lost.append(f"{output(lines, size)} for {path} could not be written and {form(lines, 'is', 'are')} lost")
        self._supervisor.publish(None, "lost", self._lost[-1], log=path, lines=lines, bytes=size)

    def _on_lifeline_end(self) -> None:
        """The foreground `up` has ended, whatever ended it."""
        if self._handed.lifeline is not None:
            self._loop.forget(self._handed.lifeline.fd)
        self._supervisor.shut_down()

    def _on_manifest_changed(self, manifest: Manifest) -> None:
        self._own_stderr.lead_to(self._notices.logs())
        self._keeping.keep_handoff(self._handed._replace(manifest=manifest))

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

    def _on_bug(self, what: str) -> None:
        self._supervisor.bug(what)
