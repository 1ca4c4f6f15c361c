"""What a supervisor is built on: its loop, its scoreboard, its logs and its engine.

Zygotes have to load what is the user's, which may take longer than all of ours. So this is made and begun first, and
they load while the supervisor still does: nothing that decides about daemons is imported here, and none is started.
"""

# ruff: noqa: PLW0108 - whoever is told is not there yet when this is made

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING, Protocol

from udaemon.control import rundir
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.local import LocalEngine
from udaemon.logs.client import LoggerLink
from udaemon.manifest.log_table import LogStderr
from udaemon.manifest.order import with_all_needs
from udaemon.policy.instance import Key
from udaemon.policy.plan import is_forked, plans
from udaemon.service.file_limit import raise_file_limit
from udaemon.service.own_stderr import OwnStderr
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.system.oom import shield

if TYPE_CHECKING:
    from udaemon.engines.zygote.prefork import PreforkedZygote
    from udaemon.logs.answers import Answer
    from udaemon.manifest.model import Manifest
    from udaemon.policy.events import Event
    from udaemon.service.handoff import Handoff
    from udaemon.service.outlive import Outlive
    from udaemon.service.together import Together


class Hears(Protocol):
    """Whoever is told what happens. It is there before the loop runs; what was begun before then waits for that."""

    def happen(self, key: Key, event: Event) -> None:
        """An event of an instance."""

    def made(self, key: Key, pidfd: int) -> None:
        """There is a process of an instance."""

    def good_run(self, key: Key) -> None:
        """A process has had its first good run."""

    def helpers(self) -> list[int]:
        """Pids of further children of ours, which are no daemons."""

    def said(self, answer: Answer) -> None:
        """A log has a line that is waited for."""

    def log_state(self, stream: int, state: str) -> None:
        """A log got into trouble, or out of it."""

    def lost(self, path: str, lines: int, size: int) -> None:
        """A file could not be written up to the end."""

    def abandoned(self) -> None:
        """The logger has given up what somebody holds open."""

    def bug(self, what: str) -> None:
        """An exception that is being handled is a bug."""


class Groundwork:
    """What a supervisor is built on.

    Args:
        handed: What it gets from `up`.
        preforked: A zygote that waits.
        keeping: What it does for the next supervisor, if there is to be one.

    Raises:
        UdaemonError: The run directory is not safe, or has no room.
        OSError: There is no room for a supervisor.
    """

    told: Hears
    """Set by whoever it is."""

    def __init__(self, handed: Handoff, preforked: PreforkedZygote, keeping: Together | Outlive) -> None:
        self._handed, self._keeping = handed, keeping
        daemons = handed.manifest.daemons.values()
        keys = [Key(daemon.name, index) for daemon in daemons for index in range(daemon.instances)]
        if handed.ready is not None:  # who comes after another one finds its files there
            rundir.check_room(handed.directory, len(keys))
        # Nobody looks at the terminal of `up -d`, but whoever started it may wait for its stderr to be closed.
        self.terminal = os.open(os.devnull, os.O_WRONLY) if handed.lifeline is None else os.dup(2)
        self.loop = Loop(lambda what: self.told.bug(what))
        self.scoreboard, self.slots = keeping.board(keys)
        self.logger = self._make_logger()
        self.logs = LogPipes(self.logger)
        self.own_stderr = OwnStderr(lambda path: self.logs.common_log(path, timestamps=True))
        self.engine = self._make_engine(preforked)

    def _make_logger(self) -> LoggerLink:
        return LoggerLink(
            self.loop,
            on_state=lambda stream, state: self.told.log_state(stream, state),
            on_eof=lambda stream: self.logs.log_ended(stream),
            on_death=lambda text: self._keeping.notices.publish(None, "logger", text, {}),
            on_lost=lambda path, lines, size: self.told.lost(path, lines, size),
            on_abandoned=lambda: self.told.abandoned(),
            on_line=lambda answer: self.told.said(answer),
            stderr=self.terminal,
            store=self._keeping.store,
        )

    def _make_engine(self, preforked: PreforkedZygote) -> LocalEngine:
        handed, keeping = self._handed, self._keeping
        enabled = [
            daemon for daemon in handed.manifest.daemons.values() if daemon.enabled for _ in range(daemon.instances)
        ]
        separate = sum(daemon.log.stderr is LogStderr.SEPARATE for daemon in enabled)
        limit = handed.nofile or raise_file_limit(len(enabled), separate)
        if limit is not None:
            resource.prlimit(preforked.pid, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
        project = handed.manifest.project
        return LocalEngine(
            self.loop,
            lambda key, event: self.told.happen(key, event),
            project=project,
            lifeline=keeping.lifeline,
            lock_directory=f"{handed.directory}/locks",
            scoreboard=self.scoreboard,
            nofile=limit,
            oom_score=shield(),
            preforked=preforked,
            forks=sum(is_forked(daemon) and daemon.python is None for daemon in enabled),
            output=self.own_stderr.fd,
            on_process=lambda key, pidfd: self.told.made(key, pidfd),
            on_notice=lambda text: keeping.notices.publish(None, "zygote", text, {}),
            on_good_run=lambda key: self.told.good_run(key),
            others=lambda: self.told.helpers(),
            kernel=keeping.kernel,
            store=keeping.store,
            cgroups=Cgroups(
                project, handed.directory, tell=lambda text: keeping.notices.publish(None, "warning", text, {})
            ),
        )

    def begin(self) -> None:
        """Let the zygotes import what they will fork; their output has its place in the logs by then."""
        manifest = self._handed.manifest
        self._keeping.inherit_logs(self.logger, self.logs)
        self.lead_stderr(manifest)
        if self._handed.autostart:
            daemons, planned = manifest.daemons, plans(manifest)
            first = with_all_needs(daemons, (one.name for one in daemons.values() if one.enabled and one.autostart))
            self.engine.expect((daemons[name], planned[name]) for name in daemons if name in first)

    def lead_stderr(self, manifest: Manifest) -> None:
        """Have what we and the zygotes write go to a common log of this manifest.

        Raises:
            OSError: There is no room for a pipe.
        """
        self.own_stderr.lead_to([daemon.common_log for daemon in manifest.daemons.values()])
