"""Runs the 21 daemons of tests/data/php-app in one way or another and observes each: by the PHP library itself, kept
in the foreground, followed, or with udaemon keeping the time.

Knows no expectation. The library may be the stand-in beside the application or a checkout of the real one.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.process.project import Project

APP = Path(__file__).parents[1] / "data" / "php-app"
WAYS = ("native", "bridge php", "follower", "bridge php-runner")
ENDING = frozenset({"stop", "fail", "third", "failsLater", "undefined", "throws", "dies", "grow", "greedy"})
"""Those that end by themselves, but for `grow` where udaemon keeps the time."""
ASKED = {"tick": "KILL", "plain": "QUIT"}
"""By which signal the others are ended, if not by TERM."""
PATIENCE = 15.0
OBSERVED = 2.5
"""Seconds that the daemons which do not end are left alone."""


class Seen(NamedTuple):
    """What was seen of one instance."""

    end: str
    asked: str
    pid_file: str
    lines: frozenset[str]


class Fleet(NamedTuple):
    """All instances in one way, and the mean period of `busy` in milliseconds."""

    seen: Mapping[str, Seen]
    period: float
    restarted: bool


def install(directory: Path, library: Path | None, others: Path | None) -> Path:
    """Put the application into a directory, with the real library in place of the stand-in where one is given."""
    app = directory / "app"
    shutil.copytree(APP, app)
    if library is not None:
        shutil.rmtree(app / "vendor" / "ustream" / "daemon")
        shutil.copytree(library / "src", app / "vendor" / "ustream" / "daemon" / "src")
    for name in ("psr", "symfony") if others is not None else ():
        shutil.rmtree(app / "vendor" / name)
        shutil.copytree((others or app) / name, app / "vendor" / name)
    return app


def instances(app: Path) -> Iterator[tuple[str, int | None]]:
    """The ids, `pair` twice with its number."""
    for file in sorted((app / "ini").glob("*.ini")):
        yield from ((file.stem, number) for number in ((0, 1) if file.stem == "pair" else (None,)))


def observe(project: Project, app: Path, way: str) -> Fleet:
    """Run them all, and see how each ends."""
    run = project.directory / "run"
    run.mkdir()
    project.environ["RUN_DIR"] = str(run)
    fleet = _Native(app, run) if way == "native" else _Declared(project, app, run, way)
    fleet.start()
    try:
        _until(lambda: not (ENDING - {"grow"}) & fleet.alive().keys())
        deadline = time.monotonic() + OBSERVED
        _until(lambda: time.monotonic() > deadline)
        ended = fleet.ends()
        asked: dict[str, str] = {}
        for label, pid in fleet.alive().items():
            asked[label] = ASKED.get(label, "TERM")
            target = _leaf(pid) if way == "follower" else pid  # the daemon, and not who follows it
            os.kill(target, getattr(signal, f"SIG{asked[label]}"))
        _until(lambda: not fleet.alive().keys() & asked.keys())
        all_ends = fleet.ends()
        times = _numbers(fleet.text("busy"))
        seen = {
            label: Seen(
                ended.get(label, "runs"),
                f"{asked[label]}: {all_ends.get(label, '?')}" if label in asked else "",
                "left" if fleet.pid_file(identifier, number).exists() else "removed",
                frozenset(re.sub(r"\d+", "N", line) for line in fleet.lines(identifier)),
            )
            for identifier, number in instances(app)
            if (label := _label(identifier, number))
        }
        period = 1000 * (times[-1] - times[0]) / (len(times) - 1)
        return Fleet(seen, period, fleet.restarts_killed())
    finally:
        fleet.close()


def _label(identifier: str, number: int | None) -> str:
    return identifier if number is None else f"{identifier}/{number}"


def _numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"run at ([0-9.]+)", text)]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "the daemons did not come to where they should be"
        time.sleep(0.05)


def _end(code: int | None, number: int | None) -> str:
    return f"signal {number}" if number else str(code)


class _Native:
    """The library alone: launchers, and their daemons re-parented to us."""

    def __init__(self, app: Path, run: Path) -> None:
        self.app, self.run = app, run
        self.labels: dict[int, str] = {}
        self.statuses: dict[str, str] = {}

    def start(self) -> None:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        for identifier, number in instances(self.app):
            more = [] if number is None else ["--instance", str(number)]
            command = ["php", str(self.app / "daemon.php"), "--id", identifier, *more]
            known = _children() | self.labels.keys()
            nowhere = subprocess.DEVNULL
            environ = os.environ | {"RUN_DIR": str(self.run)}
            launcher = subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, env=environ, check=False)
            (pid,) = (_children() - known) or {0}
            if pid:
                self.labels[pid] = _label(identifier, number)
            else:
                self.statuses[_label(identifier, number)] = _end(launcher.returncode, None)

    def alive(self) -> dict[str, int]:
        for pid, label in list(self.labels.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                self.statuses[label] = _end(code, -code if code < 0 else None)
                del self.labels[pid]
        return {label: pid for pid, label in self.labels.items()}

    def ends(self) -> dict[str, str]:
        self.alive()
        return dict(self.statuses)

    def pid_file(self, identifier: str, number: int | None) -> Path:
        return self.run / f"{identifier}-production{'' if number is None else f'-{number}'}.pid"

    def text(self, identifier: str) -> str:
        log = self.run / f"{identifier.partition('.')[0]}-production.log"
        return log.read_text() if log.exists() else ""

    def lines(self, identifier: str) -> list[str]:
        return re.findall(r"^\d\d/\d\d/\d{4} [0-9:]+ p \[\d+\] (?:\d+> )?(.*)$", self.text(identifier), re.MULTILINE)

    def restarts_killed(self) -> bool:
        return False

    def close(self) -> None:
        for pid in self.alive().values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)


class _Declared(_Native):
    """An imported directory under `udaemon up`, first without restarts."""

    def __init__(self, project: Project, app: Path, run: Path, way: str) -> None:
        super().__init__(app, run)
        self.project, self.way = project, way
        self.last: list[dict[str, Any]] = []

    def start(self) -> None:
        bridge = "php-runner" if self.way == "bridge php-runner" else "php"
        told = ["--bootstrap", "app/bootstrap.php", "--run-dir", "run"]
        options = told if bridge == "php-runner" else ["--entry", "app/daemon.php"]
        self.project.run(
            *("import-ini", "app/ini", "--bridge", bridge, *options),
            *("--context", "production", "--instances", "pair=2"),
        )
        more = '[defaults]\nrestart = "never"\n'
        if self.way == "follower":
            follow = f"exec {sys.executable} -P -m udaemon.php.follow php {self.app}/daemon.php"
            tables = []
            for identifier in sorted({identifier for identifier, _ in instances(self.app)}):
                pair = identifier == "pair"
                command = f"{follow} --id {identifier}{' --instance $$UDAEMON_INSTANCE' if pair else ''}"
                name = identifier.lower().replace(".", "-")
                tables.append(f"[daemons.{name}]\nshell = true\ninstances = {1 + pair}\ncommand = '{command}'\n")
            self.project.manifest(f'context = "production"\n{"".join(tables)}')
        self.project.manifest(more, "never.toml")
        self.project.run("-f", "udaemon.toml", "-f", "never.toml", "up", "-d", code=None)

    def instances(self) -> dict[str, dict[str, Any]]:
        names = {identifier.lower().replace(".", "-"): identifier for identifier, _ in instances(self.app)}
        told = json.loads(self.project.run("ps", "--json").stdout)["instances"]
        return {_label(names[one["name"]], one["instance"] if one["instances"] > 1 else None): one for one in told}

    def alive(self) -> dict[str, int]:
        return {label: one["pid"] for label, one in self.instances().items() if one["pid"] is not None}

    def ends(self) -> dict[str, str]:
        ends = {label: one["exit"] for label, one in self.instances().items() if one["pid"] is None}
        return {label: _end(end["code"], end["signal"]) for label, end in ends.items()}

    def pid_file(self, identifier: str, number: int | None) -> Path:
        if self.way != "bridge php-runner":
            return super().pid_file(identifier, number)
        return super().pid_file(identifier.lower().replace(".", "-"), number)

    def text(self, identifier: str) -> str:
        if self.way != "bridge php-runner":
            return super().text(identifier)
        return self.project.run("logs", "--tail", "2000", identifier.lower().replace(".", "-")).stdout

    def lines(self, identifier: str) -> list[str]:
        if self.way != "bridge php-runner":
            return super().lines(identifier)
        return re.findall(r"\| (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$", self.text(identifier), re.MULTILINE)

    def restarts_killed(self) -> bool:
        """With restart = "always", as an import writes it, one that is killed is started again."""
        self.project.run("down")
        self.project.run("up", "-d", "busy")
        first = self.project.instance("busy")["pid"]
        os.kill(_leaf(first), signal.SIGKILL)
        self.project.until("busy", lambda seen: seen["pid"] not in {None, first})
        return True

    def close(self) -> None:
        self.project.run("down", code=None)


def _children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def _leaf(pid: int) -> int:
    """The process that does the work: the last child of a follower or of the process that keeps the time."""
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return _leaf(int(children[0])) if children else pid
    return pid


def table(fleets: Mapping[str, Fleet]) -> str:
    """The instances that are not alike in all ways, and how; then what is measured of all."""
    native = fleets["native"]
    rows = [("daemon", "what", *fleets)]
    for label, seen in native.seen.items():
        for at, what in enumerate(("ends by itself with", "ends when asked, by", "pid file afterwards")):
            values = [str(fleet.seen[label][at]) for fleet in fleets.values()]
            if len(set(values)) > 1:
                rows.append((label, what, *values))
        if any(fleet.seen[label].lines != seen.lines for fleet in fleets.values()):
            rows.append((label, "log lines", *("; ".join(sorted(f.seen[label].lines)) for f in fleets.values())))
    rows.append(("busy", "mean period, ms", *(f"{fleet.period:.2f}" for fleet in fleets.values())))
    rows.append(("busy", "started again after kill -9", *("yes" if f.restarted else "no" for f in fleets.values())))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines)
