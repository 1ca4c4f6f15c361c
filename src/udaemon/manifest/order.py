"""The order that `depends-on` gives to daemons: levels, who needs whom, and cycles.

Knows names and edges, no state of anything: what holds at a moment is `policy/needs.py`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Protocol

from udaemon.manifest.cycles import cycles, put, reached
from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.merge import Tree
from udaemon.manifest.model import Daemon, Restart
from udaemon.manifest.problems import Finding, Path, unknown_daemon
from udaemon.manifest.root import Root


class Dependent(Protocol):
    """What is asked of a daemon here."""

    @property
    def depends_on(self) -> tuple[Dependency, ...]:
        """What it needs."""


Daemons = Mapping[str, Dependent]


def levels(daemons: Daemons) -> list[list[str]]:
    """The daemons level by level: first those that need none, then those that need only what is before them.

    Where there is a cycle, as halfway from one manifest to another, all are in one level.
    """
    place = {name: at for at, name in enumerate(daemons)}
    sorter = TopologicalSorter(
        {name: [one.name for one in daemon.depends_on if one.name in daemons] for name, daemon in daemons.items()}
    )
    try:
        sorter.prepare()
    except CycleError:
        return [list(daemons)]
    found: list[list[str]] = []
    while sorter.is_active():
        found.append(sorted(sorter.get_ready(), key=place.__getitem__))
        sorter.done(*found[-1])
    return found


def dependents(daemons: Daemons) -> dict[str, tuple[str, ...]]:
    """Who needs a daemon directly, by its name."""
    found: dict[str, list[str]] = {}
    for name, daemon in daemons.items():
        for one in daemon.depends_on:
            found.setdefault(one.name, []).append(name)
    return {name: tuple(those) for name, those in found.items()}


def with_all_needs(daemons: Daemons, names: Iterable[str]) -> set[str]:
    """These daemons and all that they need, however far away."""
    there = (name for name in names if name in daemons)
    return reached(there, lambda name: (one.name for one in daemons[name].depends_on if one.name in daemons))


def check_order(root: Root, top: Tree) -> Iterator[Finding]:
    """Check that what is needed is there, that its condition can hold, and that nothing needs itself."""
    written = top.get("daemons", {})
    for name, daemon in root.daemons.items():
        for one in daemon.depends_on:
            path, at_key = _place(name, one, written)
            if one.name in root.daemons:
                yield from _condition(root.daemons[one.name], one, path)
            elif one.name not in written:
                yield unknown_daemon(one.name, written, path, at_key=at_key)
            elif one.required and (profiles := _profiles(written[one.name])):
                message = f"{one.name} is left out: nobody asked for its profile {' or '.join(profiles)}"
                hint = f"--profile {profiles[0]}, or required = false"
                yield Finding("unknown-daemon", message, hint, path, at_key)
    yield from _cycles(root.daemons, written)


def _condition(needed: Daemon, one: Dependency, path: Path) -> Iterator[Finding]:
    if one.condition is Condition.COMPLETED and needed.restart is Restart.ALWAYS:
        message = f"{one.name} is started again whenever it ends: it is never completed"
        yield Finding("contradiction", message, f'set restart = "on-failure" for {one.name}, or wait for ready', path)
    if one.condition is Condition.FIRST_RUN_OK and needed.kind in {"command", "php.entry"} and not needed.is_scheduled:
        message = f"{one.name} is a command: it has no runs"
        yield Finding("contradiction", message, "wait for ready, or for completed", path)


def _cycles(daemons: Daemons, written: Any) -> Iterator[Finding]:
    """Each cycle at the key of one that is part of it; the others are looked for without that edge."""
    edges = {name: {one.name: one for one in daemon.depends_on} for name, daemon in daemons.items()}
    for line in cycles(edges):
        path, at_key = _place(line[0], edges[line[0]][line[1]], written)
        yield Finding("depends-cycle", put(line, "needs"), "take one of them out", path, at_key)


def _place(name: str, one: Dependency, written: Any) -> tuple[Path, bool]:
    """Where a dependency is written: its key in a table, its value in a list."""
    path: Path = ("daemons", name, "depends-on")
    own = written.get(name, {}).get("depends-on") if isinstance(written.get(name), dict) else None
    if isinstance(own, list) and one.name in own:
        return (*path, own.index(one.name)), False
    if isinstance(own, str):
        return path, False
    return (*path, one.name), True


def _profiles(table: Any) -> list[str]:
    said = table.get("profiles", []) if isinstance(table, dict) else []
    return [said] if isinstance(said, str) else [one for one in said if isinstance(one, str)]


def to_start(
    daemons: Mapping[str, Daemon], chosen: Mapping[str, Collection[int]], *, named: bool, no_deps: bool
) -> list[str]:
    """The instances that an `up` of what is chosen starts, as `mailer/0`: that itself, and what it needs.

    Args:
        daemons: All that are declared.
        chosen: The numbers of what was named, by daemon; all, where nothing was.
        named: Something was; what does not start by itself does so then.
        no_deps: Whether what that needs is left alone.
    """
    asked = {name for name in chosen if daemons[name].enabled and (named or daemons[name].autostart)}
    needed = asked if no_deps else with_all_needs(daemons, asked)
    started = [daemon for name, daemon in daemons.items() if name in needed and daemon.enabled]
    numbers = {
        daemon.name: chosen[daemon.name] if daemon.name in asked else range(daemon.instances) for daemon in started
    }
    return [f"{name}/{index}" for name, those in numbers.items() for index in sorted(those)]
