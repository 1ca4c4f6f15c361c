"""Which instances an operator named: a daemon, a glob of daemons, those with a tag, or one instance as `name/1`.

Knows no verb and no supervisor: names in, instances out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from udaemon.errors import ExitCode, NoSuchDaemon, UdaemonError
from udaemon.manifest.wording import near, shown

_GLOB_LETTERS = frozenset("*?[")

Chosen = dict[str, set[int]]

LONGEST_NAME = 200
"""Letters of a name, a glob or a tag with what stands before and behind it; a daemon's own name has 63 at most."""
MOST_GLOBS = 100
"""In one question: each is held against every daemon. Plain names are looked up, and there may be any number."""

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
        UdaemonError: A name fits nothing; the hint says what was meant or what there is. Or there is too much to
            be looked at: a supervisor does this between two looks at its daemons.
    """
    if not names:
        return {name: set(range(daemon.instances)) for name, daemon in daemons.items()}
    chosen: Chosen = {}
    for name in _bounded(names):
        wanted, slash, index = name.partition("/")
        fitting = _fitting(wanted, daemons)
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


def _bounded(names: Sequence[str]) -> Iterable[str]:
    """Each name once."""
    unique = dict.fromkeys(names)
    for name in unique:
        if len(name) > LONGEST_NAME:
            message = f"no daemon has so long a name: {shown(name)}"
            raise NoSuchDaemon(message, f"a name or glob has {LONGEST_NAME} letters at most")
    globs = sum(_is_glob(name) for name in unique)
    if globs > MOST_GLOBS:
        raise UdaemonError(f"{globs} globs and tags at once", f"{MOST_GLOBS} at most are looked for", ExitCode.USAGE)
    return unique


def _is_glob(name: str) -> bool:
    return name.startswith(TAG) or not _GLOB_LETTERS.isdisjoint(name)


def _fitting(wanted: str, daemons: Mapping[str, Selectable]) -> list[str]:
    if not _is_glob(wanted):
        return [wanted] if wanted in daemons else []
    return [known for known, daemon in daemons.items() if _fits(wanted, known, daemon)]


def _fits(wanted: str, name: str, daemon: Selectable) -> bool:
    if wanted.startswith(TAG):
        return any(fnmatchcase(tag, wanted.removeprefix(TAG)) for tag in daemon.tags)
    return fnmatchcase(name, wanted)


def _unknown(name: str, daemons: Mapping[str, Selectable]) -> NoSuchDaemon:
    wanted, slash, index = name.partition("/")
    if slash and wanted in daemons:
        count = daemons[wanted].instances
        known = f"{wanted}/0" if count == 1 else f"{wanted}/0 to {wanted}/{count - 1}" if count else "none of it"
        return NoSuchDaemon(f"no such instance: {name}", f"there is {known}")
    if not wanted.startswith(TAG):
        return _no_such(f"no such daemon: {name or shown(name)}", wanted, list(daemons), "", slash + index)
    tag = wanted.removeprefix(TAG)
    if any(_fits(wanted, known, daemon) for known, daemon in daemons.items()):
        return NoSuchDaemon(f"no daemon with the tag {shown(tag)} has an instance {index}")
    return _no_such(f"no daemon has the tag {shown(tag)}", tag, _tags(daemons), TAG, slash + index)


def _no_such(message: str, wanted: str, there: Sequence[str], before: str, behind: str) -> NoSuchDaemon:
    meant = near(wanted, there)
    known = ", ".join(before + one for one in there)
    hint = f"did you mean {before}{meant}{behind}?" if meant else f"there is {known}"
    return NoSuchDaemon(message, hint if there else None)
