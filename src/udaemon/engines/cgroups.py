"""Control groups of instances: made before a start, used to kill all that is in one, removed after the end.

Knows nothing of how a process gets into its group. A group of ours that is there already was left by a former
supervisor: it is taken over with what runs in it, or removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from zlib import crc32

from udaemon.engines.commands import ExecFailed
from udaemon.manifest.measures import format_size
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system.cgroup import CONTROLLERS, CgroupRefused, Hierarchy, own_directory
from udaemon.system.oom_kills import OomKills


class Cgroups:
    """The groups of one project's instances.

    Args:
        project: Its name, for people who look at groups.
        place: A path that no other project has.
        hierarchy: Where groups are made; None for what this process has.
        tell: Called with a sentence when an instance goes without.
    """

    def __init__(
        self,
        project: str,
        place: str,
        hierarchy: Hierarchy | None = None,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._prefix = f"udaemon-{project}-{crc32(f'{place} {os.geteuid()}'.encode()):08x}."
        self._hierarchy = hierarchy or Hierarchy(own_directory())
        self._tell = tell
        self._told: set[str] = set()
        # Not that of the group that we are in: once ours have moved to a leaf, daemons are beside it.
        self._oom_kills = OomKills(self._hierarchy.events)
        self._left: set[str] = set()
        # Each with its count of kills when it was made or found.
        left = self._hierarchy.names(self._prefix)
        self._there = {name: self._kills(name) for name in left if not self._hierarchy.remove(name)}

    def prepare(self, key: Key, daemon: Daemon) -> str | None:
        """Make the group of an instance. Returns its directory, None where it is to have none.

        Raises:
            ExecFailed: It cannot be had, and the daemon is not to go without.
        """
        if not (limits := daemon.cgroup.limits):
            return None
        try:
            return self._prepared(self._name(key), daemon)
        except CgroupRefused as refused:
            self.ended(key, kill=False)
            wanted = ", ".join(f"cgroup.{said}" for said, _ in limits.values())
            if not daemon.cgroup.optional:
                trouble = Trouble.RESOURCE if refused.passes else Trouble.CONFIG
                raise ExecFailed(f"{wanted}: {refused}; or optional = true to go without", trouble) from None
            if daemon.name not in self._told:
                self._told.add(daemon.name)
                self._tell(f"{daemon.name} goes without {wanted}: {refused}")
            return None

    def kill(self, key: Key) -> None:
        """KILL all that is in an instance's group, also what it is forking at this moment (Linux 5.14)."""
        if (name := self._name(key)) in self._there:
            self._kill(name)

    def ended(self, key: Key, *, kill: bool) -> None:
        """Remove the group of an instance that has ended; what is in it still is killed before, or left alone."""
        if (name := self._name(key)) not in self._there:
            return
        if kill:
            self._kill(name)
        del self._there[name]
        self._left.add(name)
        self.sweep()

    def sweep(self) -> None:
        """Remove what could not be removed before, as the last process in it had yet to go."""
        for name in tuple(self._left):
            if self._hierarchy.remove(name):
                self._left.discard(name)

    def out_of_memory(self, key: Key, daemon: Daemon, *, killed: bool) -> str | None:
        """Look at the kernel's counts at the end of a process; `killed` if a KILL that is not ours ended it.

        Returns what to say if that was for want of memory.
        """
        limit, before = daemon.cgroup.memory_max, self._there.get(self._name(key))
        if limit is None or before is None:
            explained = self._oom_kills.explains(killed=killed)
            return "killed by the kernel, as memory ran out" if explained else None
        explained = killed and self._kills(self._name(key)) > before
        self._oom_kills.explains(killed=explained)  # that count has grown, too
        return (
            f"killed by the kernel for want of memory; cgroup.memory-max is {format_size(limit)}" if explained else None
        )

    def _name(self, key: Key) -> str:
        return f"{self._prefix}{key.name}.{key.index}"

    def _prepared(self, name: str, daemon: Daemon) -> str:
        limits = daemon.cgroup.limits
        self._hierarchy.enable([*limits])
        if (name in self._there or name in self._left) and daemon.stop.kill_tree:
            self._kill(name)  # whoever has its lock is known to have gone, so this is what nobody knows of
        self._left.discard(name)
        directory = self._hierarchy.path(name)
        try:
            self._hierarchy.make(name)
            self._there[name] = self._kills(name)
            for controller in CONTROLLERS:
                if controller in limits:
                    self._hierarchy.write(directory, f"{controller}.max", limits[controller][1])
                else:  # a group that was taken over may have had a limit
                    with suppress(OSError):
                        self._hierarchy.write(directory, f"{controller}.max", "max")
        except OSError as error:
            raise self._hierarchy.refused(error) from None
        return directory

    def _kill(self, name: str) -> None:
        with suppress(OSError):
            self._hierarchy.write(self._hierarchy.path(name), "cgroup.kill", "1")

    def _kills(self, name: str) -> int:
        said = self._hierarchy.read(self._hierarchy.path(name), "memory.events")
        return next((int(line.split()[1]) for line in said.splitlines() if line.startswith("oom_kill ")), 0)
