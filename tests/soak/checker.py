"""An independent reader: sees by /proc, log files and what verbs print whether what must always hold does hold.

Imports nothing of udaemon. A daemon's own process is known by its title or its environment, and by leading a session.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

PERIOD = 0.05
"""Seconds between two looks."""
ZOMBIE_AGE = 2.0
"""Seconds for which a dead child may wait to be reaped (I2), on a machine that has much else to do."""
KEPT_AGE = 10.0
"""The same where a keeper has it: its zombies are what the next supervisor learns exit codes from."""

_TITLE = re.compile(rb"udaemon: ([a-z0-9]+/[0-9]+)[ \0]*$")
_LINE = re.compile(rb"line (\d+) (\d+) end$")
_LOST = re.compile(rb"udaemon: .*\b(\d+) lines?\b")


class Seen(NamedTuple):
    """One process: its state, parent and session, the daemon whose it is, and whether it is that one's own.

    What a daemon of the test starts has SOAK_CHILD in its environment.
    """

    pid: int
    state: str
    parent: int
    session: int
    started: str
    instance: str | None
    leads: bool


class Checker:
    """Looks at the processes of one project for as long as the block lasts; `wrongs` says what it saw.

    Args:
        mark: A text that stands in the environment of every process of the project, and of no other.
    """

    def __init__(self, mark: str) -> None:
        self.wrongs: list[str] = []
        self.looks = 0
        self._mark = mark.encode()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._dead_since: dict[tuple[int, str], float] = {}
        self._doubles: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def leaders(self) -> dict[str, list[int]]:
        """The pids of each instance's own processes."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in processes(self._mark):
            if one.instance is not None and one.leads and one.state not in "ZX":
                found[one.instance].append(one.pid)
        return found

    def _watch(self) -> None:
        while not self._over.wait(PERIOD) and len(self.wrongs) < 20:
            try:
                self._look(time.monotonic())
            except Exception as error:
                self.wrongs.append(f"the checker itself: {error!r}")
                return
            self.looks += 1

    def _look(self, now: float) -> None:
        leaders: dict[str, list[int]] = defaultdict(list)
        dead: dict[tuple[int, str], float] = {}
        seen = [*processes(self._mark)]
        states = {one.pid: one.state for one in seen}
        parents = {one.parent for one in seen}
        for one in seen:
            if one.state in "ZX":
                key = (one.pid, one.started)
                dead[key] = self._dead_since.get(key, now)
                ours = states.get(one.parent, "T") not in "Tt" and one.parent in parents and one.instance is None
                patience = KEPT_AGE if b"udaemon: keeper" in _read(f"/proc/{one.parent}/cmdline") else ZOMBIE_AGE
                if ours and now - dead[key] > patience:
                    self.wrongs.append(f"I2: zombie {one.pid} of {one.parent} for {now - dead[key]:.1f} s")
            elif one.instance is not None and one.leads:
                leaders[one.instance].append(one.pid)
        self._dead_since = dead
        for instance, pids in leaders.items():
            living = [pid for pid in pids if _state(pid) not in "ZX"]
            if len(living) > 1:
                self.wrongs.append(f"I1: {instance} has {living}")


def processes(mark: bytes) -> Iterator[Seen]:
    """All that have the mark in their environment, and their zombies."""
    ours: set[int] = set()
    zombies: list[Seen] = []
    for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        fields = _fields(pid)
        if len(fields) < 20:
            continue
        state, parent, session, started = fields[0], int(fields[1]), int(fields[3]), fields[19]
        if state in "ZX":
            zombies.append(Seen(pid, state, parent, session, started, None, leads=False))
            continue
        environ = _read(f"/proc/{pid}/environ")
        if mark not in environ:
            continue
        ours.add(pid)
        instance = _instance(_read(f"/proc/{pid}/cmdline"), environ)
        leads = session == pid and b"SOAK_CHILD=" not in environ
        yield Seen(pid, state, parent, session, started, instance, leads)
    yield from (one for one in zombies if one.parent in ours)


def _instance(title: bytes, environ: bytes) -> str | None:
    """The instance a process is of: a task shows it in its title, a command has it in its environment."""
    said = dict(part.split(b"=", 1) for part in environ.split(b"\0") if b"=" in part)
    if (name := said.get(b"UDAEMON_NAME")) is not None:
        return f"{name.decode()}/{said.get(b'UDAEMON_INSTANCE', b'0').decode()}"
    found = _TITLE.match(title)
    return None if found is None else found[1].decode()


def check_lines(logs: Path, kills: int) -> list[str]:
    """I5: of each process that wrote numbered lines each is there once and in order; a gap has a mark or a kill."""
    wrongs: list[str] = []
    gaps = marks = 0
    for path in logs.glob("*.log"):
        numbers: dict[bytes, list[int]] = defaultdict(list)
        for line in _whole_log(path).splitlines():
            if (found := _LINE.search(line)) is not None:
                numbers[found[1]].append(int(found[2]))
            marks += _LOST.search(line) is not None
        for pid, seen in numbers.items():
            if seen != sorted(set(seen)):
                wrongs.append(f"I5: {path.name}: lines of {pid.decode()} twice or out of order")
            gaps += seen[-1] - seen[0] + 1 - len(set(seen))
    if gaps and not marks:
        wrongs.append(f"I5: {gaps} lines are missing, and no mark says so ({kills} kills)")
    return wrongs


def _whole_log(path: Path) -> bytes:
    """A log with its backups, the oldest first."""
    backups = sorted(path.parent.glob(f"{path.name}.*"), key=lambda one: -int(one.suffix[1:] or 0))
    return b"".join(one.read_bytes() for one in [*backups, path])


def holds_secret(secret: str, *places: Path) -> list[str]:
    """I17: the files below these places in which a secret stands."""
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [f"I17: the secret stands in {path}" for path in files if secret.encode() in path.read_bytes()]


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def switches(pid: int) -> int:
    """How often a process went to sleep of its own will: one for each time that it was woken."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("voluntary_ctxt_switches:")[2].split()[0])


def _fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; none when it has gone."""
    return _read(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].split()


def _state(pid: int) -> str:
    fields = _fields(pid)
    return fields[0] if fields else "X"


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
