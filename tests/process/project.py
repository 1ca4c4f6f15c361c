"""A project in a directory of its own, driven through the command line as a user would.

Knows only what a user knows: manifest, modules, verbs, JSON, files. Nothing here sleeps; `until` looks anew after
each event that the supervisor tells.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UDAEMON = [sys.executable, "-m", "udaemon"]
PATIENCE = 30.0
"""Seconds after which a test gives up waiting; a loaded machine needs a fraction of it."""

Json = dict[str, Any]


class Project:
    """A manifest, its modules and its supervisor."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.runtime = directory / "runtime"
        self.state = directory / "state"
        for made in (self.runtime, self.state):
            made.mkdir(mode=0o700)
        self.environ = os.environ | {"XDG_RUNTIME_DIR": str(self.runtime), "XDG_STATE_HOME": str(self.state)}

    def manifest(self, text: str, name: str = "udaemon.toml") -> Path:
        """Write the manifest."""
        return self.file(name, text)

    def file(self, name: str, text: str) -> Path:
        """Write any file of the project, its text dedented."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, *argv: str, code: int | None = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run one verb to its end, and see that its exit code is `code`."""
        done = subprocess.run(
            [*UDAEMON, *argv],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            **options,
        )
        assert code is None or done.returncode == code, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def process(self, *argv: str) -> Iterator[subprocess.Popen[str]]:
        """A verb that goes on while the test does; ended with the block if it has not ended before."""
        with subprocess.Popen(
            [*UDAEMON, *argv],
            cwd=self.directory,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.communicate(timeout=PATIENCE)

    def up(self, *names: str) -> None:
        """Start it in the background and wait until its daemons are ready, whatever becomes of their first runs."""
        self.run("up", "-d", *names)

    def down(self) -> None:
        """Stop it."""
        self.run("down")

    def ps(self) -> Json:
        """What `ps --json` says."""
        answer: Json = json.loads(self.run("ps", "--json").stdout)
        return answer

    def instances(self) -> list[Json]:
        """The instances in `ps --json`."""
        instances: list[Json] = self.ps()["instances"]
        return instances

    def instance(self, name: str, index: int = 0) -> Json:
        """One instance in `ps --json`."""
        (found,) = [one for one in self.instances() if (one["name"], one["instance"]) == (name, index)]
        return found

    def until(self, name: str, holds: Callable[[Json], bool], index: int = 0, *, within: float = PATIENCE) -> Json:
        """Wait until something holds for an instance; looked at after each event, and each second: a run has none."""
        with self.process("events", "-f", "--json") as events:
            assert events.stdout is not None
            deadline = time.monotonic() + within
            while not holds(seen := self.instance(name, index)):
                left = deadline - time.monotonic()
                assert left > 0, f"not in {within:g} s, and {name}/{index} is {seen}"
                if select.select([events.stdout], [], [], min(left, 1.0))[0]:
                    line = read_line(events.stdout.fileno(), deadline)
                    assert line, f"no more events, and {name}/{index} is {seen}"
            return seen

    def log(self, name: str) -> str:
        """The text of a daemon's log."""
        path = self.directory / self.instance(name)["log"]
        return path.read_text(errors="replace") if path.exists() else ""

    def run_directories(self) -> list[Path]:
        """What is left under the runtime directory."""
        base = self.runtime / "udaemon"
        return sorted(base.iterdir()) if base.exists() else []


def read_line(fd: int, deadline: float) -> str:
    """One line from a pipe, read a byte at a time so that nothing is held back; empty at its end."""
    line = bytearray()
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing more came in time; so far {bytes(line)!r}"
        piece = os.read(fd, 1)
        if not piece:
            break
        line += piece
    return line.decode()


def alive(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}


def gone(pids: Sequence[int], patience: float = PATIENCE) -> bool:
    """Wait until none of these processes lives; False if one does after `patience` seconds."""
    deadline = time.monotonic() + patience
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return False
        finally:
            os.close(fd)
    return True
