"""Which instances an operator named: a daemon, a glob of daemons, those with a tag, or one instance as `name/1`.

Knows no verb and no supervisor: names in, instances out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.wording import near, shown

Chosen = dict[str, set[int]]

TAG = "tag:"
"""Stands before a tag; the name of a daemon has no colon."""


class Selectable(Protocol):
    """What is asked of a daemon."""

    @property
    def instances(self) -> int:
        """How many copies there are."""

    @property
    def tags(self) -> Sequence[str]:
        """Words to find it by."""


def choose(daemons: Mapping[str, Selectable], names: Sequence[str]) -> Chosen:
    """The numbers of the instances that `names` mean, by daemon; all of them for no name.

    Args:
        daemons: Those that there are.
        names: What the operator wrote.

    Raises:
        UdaemonError: A name fits nothing; the hint says what was meant or what there is.
    """
    if not names:
        return {name: set(range(daemon.instances)) for name, daemon in daemons.items()}
    chosen: Chosen = {}
    for name in names:
        wanted, slash, index = name.partition("/")
        fitting = [known for known, daemon in daemons.items() if _fits(wanted, known, daemon)]
        if slash:
            fitting = [known for known in fitting if index.isdecimal() and int(index) < daemons[known].instances]
        if not fitting:
            raise _unknown(name, daemons)
        for known in fitting:
            chosen.setdefault(known, set()).update({int(index)} if slash else range(daemons[known].instances))
    return chosen


def selectors(daemons: Mapping[str, Selectable]) -> list[str]:
    """Each daemon and each tag, as `choose` takes it."""
    return [*daemons, *(f"{TAG}{tag}" for tag in _tags(daemons))]


def _tags(daemons: Mapping[str, Selectable]) -> list[str]:
    return sorted({tag for daemon in daemons.values() for tag in daemon.tags})


def _fits(wanted: str, name: str, daemon: Selectable) -> bool:
    if wanted.startswith(TAG):
        return any(fnmatchcase(tag, wanted.removeprefix(TAG)) for tag in daemon.tags)
    return fnmatchcase(name, wanted)


def _unknown(name: str, daemons: Mapping[str, Selectable]) -> UdaemonError:
    wanted, slash, index = name.partition("/")
    if slash and wanted in daemons:
        count = daemons[wanted].instances
        known = f"{wanted}/0" if count == 1 else f"{wanted}/0 to {wanted}/{count - 1}"
        return UdaemonError(f"no such instance: {name}", f"there is {known}", ExitCode.NO_SUCH_DAEMON)
    if not wanted.startswith(TAG):
        return _no_such(f"no such daemon: {name}", wanted, list(daemons), "", slash + index)
    tag = wanted.removeprefix(TAG)
    if any(_fits(wanted, known, daemon) for known, daemon in daemons.items()):
        message = f"no daemon with the tag {shown(tag)} has an instance {index}"
        return UdaemonError(message, exit_code=ExitCode.NO_SUCH_DAEMON)
    return _no_such(f"no daemon has the tag {shown(tag)}", tag, _tags(daemons), TAG, slash + index)


def _no_such(message: str, wanted: str, there: Sequence[str], before: str, behind: str) -> UdaemonError:
    meant = near(wanted, there)
    known = ", ".join(before + one for one in there)
    hint = f"did you mean {before}{meant}{behind}?" if meant else f"there is {known}"
    return UdaemonError(message, hint if there else None, ExitCode.NO_SUCH_DAEMON)
