"""Reports from a child to its supervisor: small JSON frames over the child's own socket pair.

Knows nothing of what follows from them. The reader trusts nothing: whatever a child sends, it never raises, and what
it hands on is short text and numbers in range.
"""

from __future__ import annotations

import _socket  # the wrapper in socket makes enums, which touch pages that a fresh fork shares
import json
from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

from udaemon.frames import FrameBuffer, FrameError, frame
from udaemon.system.file_identity import identity

FRAME_LIMIT = 64 * 1024
TEXT_LIMIT = 4000
_REASON_LIMIT = 200
QUESTIONS = ("ready", "health")
_FLAGS = int(_socket.MSG_DONTWAIT | getattr(_socket, "MSG_NOSIGNAL", 0))
REASONS = ("stopped", "task-stopped", "exception", "exited", "config", "memory")


class ReadyReport(NamedTuple):
    """The task is built and its start listeners were told."""


class ReadyWith(NamedTuple):
    """The same, of a task with methods that are asked for what `methods` says."""

    methods: tuple[str, ...]


class Answered(NamedTuple):
    """What the answers of a task's own method come to by now; `reason` is the last one in words."""

    question: str
    ok: bool
    reason: str


class GoodRun(NamedTuple):
    """The first run of this process that was no failure; the ones after it are only in the scoreboard."""


class LocksChanged(NamedTuple):
    """The child wants its locks for a run, or has done with them: its slot says which (`run_locks.py`)."""


class RunOver(NamedTuple):
    """A run has ended; sent where another daemon has runs after those of this one (`after_run.py`)."""

    id: int
    ok: bool


class RunFailed(NamedTuple):
    """An exception left a run; `error` is its last line ("ValueError: no")."""

    id: int
    error: str


class RunDone(NamedTuple):
    """A run has ended well; sent where somebody is to be told, and no more often than they can be."""

    id: int
    started: float
    duration: float
    lateness: float


class RunsDropped(NamedTuple):
    """So many runs have ended well and were not reported one by one."""

    number: int


class Missed(NamedTuple):
    """So many due times that no run will serve."""

    number: int


class Leaving(NamedTuple):
    """The child is about to exit: one of REASONS, and the last line of what went wrong, if anything did."""

    reason: str
    message: str | None


# Made once: to make one in a fresh fork touches more than to send it.
READY, GOOD_RUN, LOCKS_CHANGED = ReadyReport(), GoodRun(), LocksChanged()

RunReport = RunDone | RunFailed | RunsDropped | Missed
Report = ReadyReport | ReadyWith | Answered | GoodRun | LocksChanged | RunOver | RunReport | Leaving


def encode(report: Report) -> bytes:
    """The report as a frame of JSON."""
    fields: dict[str, object]
    match report:
        case ReadyReport():
            fields = {"kind": "ready"}
        case ReadyWith(methods):
            fields = {"kind": "ready", "methods": methods}
        case Answered(question, ok, reason):
            fields = {"kind": "answered", "question": question, "ok": ok, "reason": reason[:_REASON_LIMIT]}
        case GoodRun():
            fields = {"kind": "good-run"}
        case RunOver(number, ok):
            fields = {"kind": "run-over", "id": number, "ok": ok}
        case LocksChanged():
            fields = {"kind": "locks"}
        case RunFailed(number, error):
            fields = {"kind": "run-failed", "id": number, "error": error[:TEXT_LIMIT]}
        case RunDone():
            fields = {"kind": "run-done", **report._asdict()}
        case RunsDropped(number):
            fields = {"kind": "runs-dropped", "number": number}
        case Missed(number):
            fields = {"kind": "missed", "number": number}
        case Leaving(reason, message):
            text = None if message is None else message[:TEXT_LIMIT]
            fields = {"kind": "leaving", "reason": reason, "message": text}
    return frame(json.dumps(fields).encode())


# Each page that a fresh fork is the first to touch is copied for it, and a JSON encoder touches fifty.
_MADE: dict[type[object], bytes] = {type(report): encode(report) for report in (READY, GOOD_RUN, LOCKS_CHANGED)}


class Reporter:
    """The child's end. A supervisor that is stopped or gone never delays a run: what it does not take is dropped."""

    def __init__(self, fd: int | None) -> None:
        self._socket = None if fd is None else _socket.socket(fileno=fd)
        self._is = None if fd is None else identity(fd)
        self.untold = 0
        """Good runs that were not reported."""

    def send(self, report: Report) -> None:
        """Send a report, unless that would block."""
        if self._socket is None:
            return
        if self.untold and isinstance(report, RunDone | Leaving):
            dropped, self.untold = RunsDropped(self.untold), 0
            self.send(dropped)
        if identity(self._socket.fileno()) != self._is:
            self._socket.detach()  # the task has closed it; the number may be that of a file of its own
            self._socket = None
            return
        framed = _MADE.get(type(report)) or encode(report)
        try:
            # MSG_NOSIGNAL: the task may have set SIGPIPE to its default, which would kill us here.
            sent = self._socket.send(framed, _FLAGS)
        except BlockingIOError:
            return  # no room for it: the kernel takes all of a small frame or none of it
        except OSError:
            sent = 0
        if sent != len(framed):
            self.cut_off()  # half a frame would make nonsense of all that follow

    def receive(self) -> bytes:
        """What the supervisor has sent, nothing where there is nothing."""
        try:
            if self._socket is not None and identity(self._socket.fileno()) == self._is:
                return self._socket.recv(65536, int(_socket.MSG_DONTWAIT))
        except OSError:
            pass
        return b""

    @property
    def is_heard(self) -> bool:
        """Whether there is a supervisor to send to."""
        return self._socket is not None

    def unread(self) -> int:
        """Bytes that the supervisor has not taken yet, as the kernel counts them."""
        if self._socket is None:
            return 0
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, bytes(4)), "little")

    def cut_off(self) -> None:
        """Send no more reports."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class FrameReader:
    """The supervisor's end, fed with whatever was received. `broken` once a child sent what is no frame."""

    def __init__(self) -> None:
        self.broken = False
        self._frames = FrameBuffer(FRAME_LIMIT)

    def feed(self, data: bytes) -> list[Report]:
        """The reports that are complete now. After a broken frame: none, ever."""
        reports: list[Report] = []
        if self.broken:
            return reports
        try:
            for body in self._frames.feed(data):
                report = _report(_fields(body))
                if report is not None:
                    reports.append(report)
        except FrameError:
            self.broken = True
            self._frames = FrameBuffer(FRAME_LIMIT)
        return reports


def _fields(body: bytes) -> Mapping[str, object]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise FrameError from None
    if not isinstance(fields, dict):
        raise FrameError
    return fields


def _report(fields: Mapping[str, object]) -> Report | None:
    """A report made of fields that have the right types; None for one that means nothing to us."""
    kind = fields.get("kind")
    if kind == "ready":
        told = fields.get("methods")
        methods = tuple(name for name in QUESTIONS if name in told) if isinstance(told, list) else ()
        return ReadyWith(methods) if methods else ReadyReport()
    if kind == "answered":
        question, ok, why = fields.get("question"), fields.get("ok"), fields.get("reason")
        if question in QUESTIONS and isinstance(ok, bool) and isinstance(why, str):
            return Answered(
                str(question), ok, "".join(one if one.isprintable() else " " for one in why[:_REASON_LIMIT])
            )
    if kind in ("good-run", "locks"):
        return GoodRun() if kind == "good-run" else LocksChanged()
    if kind == "run-over":
        number, ok = fields.get("id"), fields.get("ok")
        return RunOver(number, ok) if type(number) is int and 0 <= number < 2**53 and isinstance(ok, bool) else None
    if kind == "run-failed":
        number, error = fields.get("id"), fields.get("error")
        if _is_count(number) and isinstance(error, str):
            return RunFailed(number, _text(error))
    if kind in ("runs-dropped", "missed"):
        count = fields.get("number")
        if _is_count(count):
            return RunsDropped(count) if kind == "runs-dropped" else Missed(count)
    if kind == "run-done":
        number, *times = (fields.get(name) for name in RunDone._fields)
        started, duration, lateness = map(_seconds, times)
        if _is_count(number) and started is not None and duration is not None and lateness is not None:
            return RunDone(number, started, duration, lateness)
    if kind == "leaving":
        reason, message = fields.get("reason"), fields.get("message")
        if isinstance(reason, str) and reason in REASONS:
            return Leaving(reason, _text(message) if isinstance(message, str) else None)
    return None


def _text(told: str) -> str:
    """Text that can be written: half of a surrogate pair, which JSON may hold and UTF-8 may not, is an escape."""
    return told[:TEXT_LIMIT].encode("utf-8", "backslashreplace").decode()


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**53


def _seconds(value: object) -> float | None:
    """A time that is one: a number in JSON may be anything."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < 2**53 else None
