"""A bench for engine tests: a real engine on a small reactor, with modules on disk and every event kept.

Knows nothing of the supervisor: a test plays it.
"""

from __future__ import annotations

import os
import select
import textwrap
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve
from tests.fakes.reactor import SmallReactor

from udaemon.child.lifeline import Lifeline
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines.base import SpawnRequest
from udaemon.engines.local import LocalEngine
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import Event, Exited, Spawned, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan, plans
from udaemon.system.process_tree import children
from udaemon.system.subreaper import become_subreaper

PATIENCE = 20.0


@cache
def _lifeline() -> Lifeline:
    """One for all tests of this process, as its write end stays open to the end of that."""
    return Lifeline.own()


class Bench:
    """Daemons by name, events by instance, output by file."""

    def __init__(self, directory: Path, **options: Any) -> None:
        become_subreaper()
        self._before = children()
        self.directory = directory
        self.reactor = SmallReactor()
        self.events: dict[Key, list[Event]] = defaultdict(list)
        self.notices: list[str] = []
        self._options: dict[str, Any] = {"timeouts": Timeouts(answer=5.0, preload=5.0)} | options
        self._env: dict[str, str] = {}
        self._daemons: dict[str, Daemon] = {}
        self._engine: LocalEngine | None = None
        self.scoreboard = Scoreboard.create(str(directory / "scoreboard"), 300)
        self._lifeline = _lifeline()
        self._slots: dict[Key, int] = {}
        self._plans: dict[str, StartPlan] = {}

    def module(self, name: str, text: str) -> Path:
        """Write a module of the user's."""
        path = self.directory / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        return path

    def daemon(self, name: str, **options: Any) -> Key:
        """Declare a daemon; answers its first instance."""
        if "command" not in options:
            options.setdefault("factory", f"{name}:create")
        self._daemons[name] = Daemon(name=name, **{"cwd": str(self.directory)} | options)
        return Key(name, 0)

    @property
    def engine(self) -> LocalEngine:
        """The engine, made with all that is declared when first asked for."""
        if self._engine is None:
            self._manifest = Manifest(
                file=str(self.directory / "udaemon.toml"),
                directory=str(self.directory),
                project="shop",
                env=self._env,
                daemons=self._daemons,
            )
            self._engine = LocalEngine(
                self.reactor,
                lambda key, event: self.events[key].append(event),
                project="shop",
                lifeline=self._lifeline,
                lock_directory=str(self.directory / "locks"),
                scoreboard=self.scoreboard,
                on_notice=self.notices.append,
                **self._options,
            )
            self.reactor.add(self._engine)
        return self._engine

    def _plan(self, name: str) -> StartPlan:
        """The plan of all that was declared when the engine was made."""
        assert self._engine is not None
        if not self._plans:
            self._plans = plans(self._manifest)
        return self._plans[name]

    def sharing(self, key: Key) -> Mapping[str, Any] | None:
        """What the instance's process shares with others."""
        return self.engine.sharing(self._daemons[key.name], self._plan(key.name))

    def declare_anew(self) -> None:
        """Have the next starts go by what is declared now: another manifest."""
        self._manifest = evolve(self._manifest, daemons=dict(self._daemons))
        self._plans = plans(self._manifest)

    def declared(self, key: Key) -> tuple[Daemon, StartPlan]:
        """What is declared of an instance now."""
        return self._daemons[key.name], self._plan(key.name)

    def in_a_further_region(self, key: Key) -> None:
        """Give an instance a slot in a region of its own."""
        self._slots[key] = self.scoreboard.slots
        self.scoreboard.grow(1)
        self.scoreboard.assign(self._slots[key], str(key))

    def spawn(self, *keys: Key) -> None:
        """Ask for these, with a lock and an output file each."""
        self.engine.spawn([self._request(key) for key in keys])

    def output(self, key: Key) -> str:
        """What the instance has written."""
        return (self.directory / f"{key.name}-{key.index}.out").read_text()

    def told(self, key: Key, *kinds: type[Event]) -> Sequence[Event]:
        """Events of these kinds that the instance had."""
        return [event for event in self.events[key] if isinstance(event, kinds)]

    def until(self, key: Key, *kinds: type[Event], count: int = 1) -> Any:
        """Wait until the instance had `count` events of these kinds, and answer the last."""
        self.reactor.run_until(lambda: len(self.told(key, *kinds)) >= count, PATIENCE)
        return self.told(key, *kinds)[count - 1]

    def start(self, key: Key) -> int:
        """Start one and wait until it exists. Answers its pid."""
        count = len(self.told(key, Spawned)) + 1
        self.spawn(key)
        pid = self.until(key, Spawned, count=count).pid
        assert isinstance(pid, int)
        return pid

    def run(self, key: Key) -> Exited:
        """Start one and wait for its end."""
        count = len(self.told(key, Exited)) + 1
        self.spawn(key)
        self.until(key, Exited, SpawnFailed, count=count)
        end = self.told(key, Exited, SpawnFailed)[-1]
        assert isinstance(end, Exited), end
        return end

    def zygotes(self) -> list[int]:
        """Pids of the zygotes."""
        return list(self.engine._fork_queue.pids)

    def reap_orphans(self) -> None:
        """Wait for the end of what came to us, and reap it: one killed with its group may need a moment for either."""
        until = time.monotonic() + PATIENCE
        while left := children() - self._before:
            pidfd = os.pidfd_open(min(left))
            ended, _, _ = select.select([pidfd], [], [], max(0.0, until - time.monotonic()))
            os.close(pidfd)
            self.engine.reap_orphans()
            if not ended or time.monotonic() > until:
                raise TimeoutError(f"still there: {left}")

    def close(self) -> None:
        """Kill what lives, with its tree, and wait for all of it."""
        if self._engine is not None:
            managed = self._engine._reaper.managed
            for key in list(managed):
                self._engine.kill_tree(key)
            self.reactor.run_until(lambda: all(one.ended for one in managed.values()), PATIENCE)
            for key in list(managed):
                self._engine.kill_tree(key)
            self.reactor.run_until(lambda: not managed, PATIENCE)
            self._engine.close()
            self.reap_orphans()
        assert self.reactor.watched == frozenset()
        self.scoreboard.close()
        self.reactor.close()

    def _request(self, key: Key) -> SpawnRequest:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return SpawnRequest(
            key=key,
            daemon=self._daemons[key.name],
            plan=self._plan(key.name),
            slot=self._slots.setdefault(key, len(self._slots)),
            output=os.open(self.directory / f"{key.name}-{key.index}.out", flags, 0o600),
        )
