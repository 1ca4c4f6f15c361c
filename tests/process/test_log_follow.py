"""Logs read while they are written and rotated, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.process.log_rig import LogRig, numbers
from tests.process.project import UDAEMON

from udaemon.logs.entries import Entry
from udaemon.logs.follow import LogReader, follow
from udaemon.logs.log_target import LogTarget
from udaemon.logs.tail import LogSource

if TYPE_CHECKING:
    from tests.process.project import Project

LINES = 30_000
WRITER = f"""
import os
for n in range(0, {LINES}, 10): os.write(1, b"".join(b"%09d %s\\n" % (n + i, b"." * 60) for i in range(10)))
"""
MANIFEST = """
[defaults]
log-dir = "log"
[daemons.web]
command = "true"
"""


def test_f29_a_follower_sees_every_line_once_while_the_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "log" / "x.log"
    rig = LogRig()
    seen: list[bytes] = []
    stop, end = os.pipe()

    def keep(lines: Sequence[tuple[LogSource, Entry]]) -> None:
        seen.extend(entry.text for _, entry in lines)
        if len(seen) >= LINES:
            os.write(end, b"!")

    giving_up = threading.Timer(30, os.write, (end, b"!"))
    giving_up.start()
    number, write = rig.open(LogTarget(path=str(path), max_size=100_000, backups=50, compress=True))
    writer = subprocess.Popen([sys.executable, "-c", WRITER], stdout=write)
    os.close(write)
    reader = LogReader(LogSource("x", str(path)))
    follow([reader], keep, stop=stop)
    reader.close()
    giving_up.cancel()
    rig.until_ended(number)
    assert writer.wait(5) == 0
    rig.close()
    os.close(stop)
    os.close(end)
    assert numbers(seen) == list(range(LINES))


def test_logs_f_waits_for_a_log_that_is_not_there(project: Project) -> None:
    project.manifest(MANIFEST)
    log = project.directory / "log" / "web.log"
    with project.process("logs", "-f") as process:
        assert process.stdout is not None
        log.parent.mkdir()
        with log.open("ab", buffering=0) as file:
            file.write(b"2026-11-24T12:00:00.000Z one\n")
            assert process.stdout.readline() == "web/0 | one\n"
            file.write(b"2026-11-24T12:00:00.000Z two\n")
            assert process.stdout.readline() == "web/0 | two\n"


def test_f59_a_reader_that_leaves_ends_logs_quietly(project: Project) -> None:
    project.manifest(MANIFEST)
    log = project.directory / "log" / "web.log"
    log.parent.mkdir()
    log.write_bytes(b"line\n" * 200_000)
    process = subprocess.Popen(
        [*UDAEMON, "logs"],
        cwd=project.directory,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"web/0 | line\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(10), said) == (0, b"")


def test_f59_a_full_disk_under_the_output_is_an_error(project: Project) -> None:
    project.manifest(MANIFEST)
    log = project.directory / "log" / "web.log"
    log.parent.mkdir()
    log.write_bytes(b"line\n")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*UDAEMON, "logs"],
            cwd=project.directory,
            env=project.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
