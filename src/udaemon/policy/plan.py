"""What a start needs to know beyond its daemon's own keys, as values that each instance carries with it.

Knows no process and no file. A manifest that is replaced makes new plans; nobody else keeps the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from attrs import field

from udaemon.frozen import frozen
from udaemon.manifest.hooks import Listeners
from udaemon.manifest.model import TASKS, Daemon, Manifest, StartMethod

_NO_ENV: Mapping[str, str] = MappingProxyType({})


class Place(Protocol):
    """Where a daemon is declared, as far as its process must know: a manifest, or a plan made of one."""

    @property
    def project(self) -> str:
        """The project's name."""

    @property
    def context(self) -> str:
        """The context, empty for none."""

    @property
    def directory(self) -> str:
        """The manifest's directory."""

    @property
    def stamps(self) -> str | None:
        """Where the last due times are kept."""


@frozen(kw_only=True, eq=False)
class StartPlan:
    """What daemons of one manifest with one Python and the same environment have in common; one object for all of them.

    Attributes:
        project: The project's name.
        context: The context, empty for none.
        directory: The manifest's directory.
        stamps: Where the last due time of each instance is kept, None for nowhere.
        env: What the manifest itself adds to the environment.
        on: Who is told of the events of all daemons.
        mates: Those of these daemons whose processes are forked, the disabled ones too: they may share a zygote.
    """

    project: str = ""
    context: str = ""
    directory: str = "/"
    stamps: str | None = None
    env: Mapping[str, str] = field(default=_NO_ENV, repr=False)
    on: Listeners = field(default=Listeners(), repr=False)
    mates: tuple[Daemon, ...] = field(default=(), repr=False)


NO_PLAN = StartPlan()
"""For an instance that nobody starts by a manifest."""


def plans(manifest: Manifest) -> dict[str, StartPlan]:
    """The plan of each daemon, by its name."""
    groups: dict[tuple[str | None, frozenset[tuple[str, str]]], list[Daemon]] = {}
    for daemon in manifest.daemons.values():
        groups.setdefault((daemon.python, frozenset(daemon.env.items())), []).append(daemon)
    made: dict[str, StartPlan] = {}
    for group in groups.values():
        plan = StartPlan(
            project=manifest.project,
            context=manifest.context,
            directory=manifest.directory,
            stamps=manifest.stamps,
            env=manifest.env,
            on=manifest.on,
            mates=tuple(daemon for daemon in group if is_forked(daemon)),
        )
        made |= dict.fromkeys((daemon.name for daemon in group), plan)
    return made


def has_task(daemon: Daemon) -> bool:
    """Whether its process is one of ours that runs a task, and no program."""
    return daemon.kind in TASKS


def is_forked(daemon: Daemon) -> bool:
    """Whether its process is forked from a zygote, and not executed."""
    return has_task(daemon) and daemon.start_method is StartMethod.ZYGOTE
