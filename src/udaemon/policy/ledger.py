"""The ledger's entries: what an instance is, as a line of text, and the lines of a whole ledger read again.

Knows no file and no process. A line is a checksum and JSON, and the last whole line of an instance counts: one that a
kill or a full disk cut short is as if it had never been begun. Times are monotonic seconds, so a ledger means nothing
after the machine was started anew.
"""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Mapping
from typing import Any

from attrs import astuple, evolve, field, fields

from udaemon.errors import ExitCode, UdaemonError
from udaemon.frozen import frozen
from udaemon.manifest.model import Daemon
from udaemon.policy.followed import Followed
from udaemon.policy.instance import NOT_PROBED, Exit, Instance, Key, Missing, Phase, Probed, State, Step, Wanted
from udaemon.policy.plan import StartPlan
from udaemon.policy.questions import Question
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import Timer, Timers

VERSION = 1
"""Of the form of a line. A ledger of a newer version is refused, for who skipped what he does not know would start a
second copy of it."""

_PLAIN = (
    "pid started_at restarts crashes refusals asked_at killing leaving held_up outdated automatic message "
    "paused owes_run held_back alone good_run place run_asked holds after owed_after"
).split()
"""Fields whose value stands in the line as it is; one that has its default does not stand there."""
_DEFAULTS = tuple((name, getattr(fields(Instance), name).default) for name in _PLAIN)
_encode = json.JSONEncoder(separators=(",", ":")).encode


@frozen
class Entry:
    """What a ledger says of an instance.

    Attributes:
        fields: Its state, counts, times and so on, by the names that they have in `Instance`.
        seen_at: When its process was certainly there already: seconds on the clock that runs during a suspend, too.
    """

    fields: Mapping[str, Any]
    seen_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Its process."""
        pid: int | None = self.fields.get("pid")
        return pid

    @property
    def survivors(self) -> tuple[int, ...]:
        """What its last process had left behind."""
        survivors: tuple[int, ...] = self.fields.get("survivors", ())
        return survivors


@frozen
class Read:
    """A ledger that was read.

    Attributes:
        entries: The last of each instance.
        boot: Names the start of the machine in which it was written; None where that line is missing.
        leaving: The supervisor was stopping everything.
        damaged: Lines that are none, but for the last one, which may have been cut short.
    """

    entries: Mapping[Key, Entry] = field(factory=dict)
    boot: str | None = None
    leaving: bool = False
    damaged: int = 0


def head(boot: str, *, leaving: bool = False) -> bytes:
    """The line about the ledger itself."""
    return _line({"ledger": VERSION, "boot": boot, "leaving": leaving})


def line(instance: Instance, seen_at: float | None = None) -> bytes:
    """The line of an instance. It is made at the end of nearly each turn, for each instance that has changed."""
    said: dict[str, Any] = {"name": instance.daemon.name, "index": instance.index, "state": instance.state}
    values = vars(instance)
    if instance.wanted is Wanted.UP:
        said["wanted"] = "up"
    for name, default in _DEFAULTS:
        value = values[name]
        if value is not default and value != default:
            said[name] = value
    if instance.pid is not None:
        said["seen_at"] = seen_at
    if instance.timers.moments:
        said["timers"] = instance.timers.moments
    if instance.attempts:
        said["attempts"] = instance.attempts
    if instance.survivors:
        said["survivors"] = instance.survivors
    if instance.condemned is not None:
        said["condemned"] = instance.condemned
    if instance.missing is not None:
        said["missing"] = (instance.missing.conditions, instance.missing.cause)
    if instance.probed is not NOT_PROBED and instance.probed != NOT_PROBED:
        said["probed"] = astuple(instance.probed)
    if instance.exit is not None:
        said["exit"] = _said(instance.exit)
    if (step := instance.step) is not None:
        ended = step.ended and _said(step.ended)
        said["step"] = (step.phase, step.index, step.message, step.refusals, step.overdue, ended)
    return _line(said)


def gone(key: Key) -> bytes:
    """The line of an instance that is declared no more."""
    return _line({"name": key.name, "index": key.index, "gone": True})


def read(data: bytes) -> Read:
    """All of a ledger.

    Raises:
        UdaemonError: It is of a newer version.
    """
    entries: dict[Key, Entry] = {}
    boot, leaving, damaged = None, False, 0
    lines = data.split(b"\n")
    for number, text in enumerate(lines, 1):
        said = _parsed(text)
        if said is None:
            damaged += bool(text) and number < len(lines)
        elif "ledger" in said:
            _check_version(said["ledger"])
            boot, leaving = said.get("boot"), said.get("leaving") is True
        elif (found := _entry(said)) is None:
            damaged += 1
        elif found[1] is None:
            entries.pop(found[0], None)
        else:
            entries[found[0]] = found[1]
    return Read(entries, boot, leaving, damaged)


def restored(entry: Entry, daemon: Daemon, index: int, plan: StartPlan) -> Instance:
    """The instance that an entry is about, as it is declared now."""
    return evolve(Instance(daemon=daemon, index=index, state=State.STOPPED, plan=plan), **entry.fields)


def _line(said: Mapping[str, Any]) -> bytes:
    text = _encode(said).encode()
    return b"%08x %b\n" % (crc32(text), text)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """What a line says; None where it is not whole."""
    checksum, _, body = text.partition(b" ")
    if len(checksum) != 8 or checksum != b"%08x" % crc32(body):
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _check_version(version: object) -> None:
    if not isinstance(version, int) or version > VERSION:
        raise UdaemonError(
            f"the ledger was written by a newer udaemon (version {version}, this one reads {VERSION})",
            "go on with that one: to start now would be to start second copies",
            ExitCode.FAILED,
        )


def _entry(said: Mapping[str, Any]) -> tuple[Key, Entry | None] | None:
    """An instance with what is said of it, None where it is gone; nothing where that makes no sense."""
    try:
        key = Key(str(said["name"]), int(said["index"]))
        if said.get("gone"):
            return key, None
        fields = {name: said[name] for name in _PLAIN if name in said}
        fields["state"] = State(said["state"])
        fields["wanted"] = Wanted(said.get("wanted", "down"))
        fields["timers"] = Timers(tuple((float(at), Timer(timer)) for at, timer in said.get("timers", ())))
        fields["attempts"] = tuple(map(float, said.get("attempts", ())))
        fields["holds"] = tuple(map(str, said.get("holds", ())))
        for name in ("after", "owed_after"):
            if said.get(name) is not None:
                fields[name] = Followed(*said[name])
        fields["survivors"] = tuple(map(int, said.get("survivors", ())))
        if "condemned" in said:
            fields["condemned"] = Reason(said["condemned"])
        if "missing" in said:
            fields["missing"] = Missing(*said["missing"])
        if "probed" in said:
            begun, unready, well, unwell, status, *more = said["probed"]
            methods, heard = more or ((), None)  # an older udaemon wrote neither
            known = Probed(begun=begun, unready=unready, well=well, unwell=unwell, status=status)
            fields["probed"] = evolve(known, methods=tuple(map(Question, methods)), heard=heard)
        if "exit" in said:
            fields["exit"] = _exit(*said["exit"])
        if "step" in said:
            fields["step"] = _step(said["step"])
        return key, Entry(fields, said.get("seen_at"))
    except (KeyError, TypeError, ValueError):
        return None


def _said(end: Exit) -> tuple[object, ...]:
    return (end.code, end.signal, end.core, end.reason, end.at)


def _exit(code: int | None, signal: int | None, core: bool, reason: str, at: float) -> Exit:
    return Exit(code=code, signal=signal, core=core, reason=Reason(reason), at=at)


def _step(said: list[Any]) -> Step:
    phase, index, message, refusals, overdue, ended = said
    end = None if ended is None else _exit(*ended)
    return Step(phase=Phase(phase), index=index, message=message, refusals=refusals, overdue=overdue, ended=end)
