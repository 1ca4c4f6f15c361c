"""A disk that takes no more: nothing is lost in silence, and all goes on by itself when there is room."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.process.log_disk import LINES
from tests.process.log_rig import LogRig, bare, numbered, numbers

from udaemon.logs.log_target import LogTarget

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def may_mount() -> bool:
    """Root may, others where the kernel has user namespaces for everybody."""
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], check=False).returncode == 0


def on_a_small_disk(directory: Path, policy: str) -> dict[str, Any]:
    if not may_mount():
        pytest.skip("the kernel gives no mount namespace, so there is no small disk")
    command = [*UNSHARE, sys.executable, "-m", "tests.process.log_disk", str(directory), policy]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_f20_a_full_disk_blocks_and_loses_nothing(tmp_path: Path) -> None:
    seen = on_a_small_disk(tmp_path, "block")
    assert seen["full"] == 256 * 1024
    assert seen["states"] == ["blocked (ENOSPC)", "ok"]
    assert seen["numbers"] == list(range(LINES))
    assert (seen["marks"], seen["others"], seen["left"]) == ([], [], 0)


def test_f20_a_full_disk_drops_where_that_is_asked_for_and_counts(tmp_path: Path) -> None:
    seen = on_a_small_disk(tmp_path, "drop")
    assert seen["states"][:2] == ["blocked (ENOSPC)", "dropping (ENOSPC)"]
    assert seen["left"] == 0
    kept = seen["numbers"]
    assert kept == list(range(len(kept)))
    [mark] = seen["marks"]
    told = re.fullmatch(r"udaemon: (\d+) lines \((\d+) bytes\) dropped here since \S+Z \(ENOSPC\)", mark)
    assert told is not None
    assert int(told[1]) + len(kept) == LINES
    assert int(told[2]) == int(told[1]) * 1000
    assert seen["others"] == []


def test_f21_an_io_error_blocks_and_heals(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace, which makes the errors, is not installed")
    path = tmp_path / "x.log"
    rig = LogRig()
    number, write = rig.open(LogTarget(path=str(path), timestamps=False))
    os.write(write, numbered(10))
    probe, probe_write = rig.open(LogTarget(path=str(path), timestamps=False))
    os.close(probe_write)
    rig.until_ended(probe)
    tracer = subprocess.Popen(
        ["strace", "-p", str(rig.link.pid), "-e", "trace=write", "-e", "inject=write:error=EIO"],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr is not None
    assert select.select([tracer.stderr], [], [], 10)[0]
    if b"attached" not in (said := tracer.stderr.readline()):
        pytest.skip(f"the kernel forbids to trace: {said!r}")
    os.write(write, numbered(10, start=10))
    rig.until_state(number, "blocked (EIO)")
    tracer.terminate()
    tracer.wait(5)
    tracer.stderr.close()
    rig.until_state(number, "ok")
    os.close(write)
    rig.until_ended(number)
    rig.close()
    assert numbers(path.read_bytes().splitlines()) == list(range(20))


def test_f20_what_no_disk_took_is_told_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    rig = LogRig()
    number, write = rig.open(LogTarget(path=str(path), timestamps=False))
    os.write(write, b"never written\n")
    rig.until_state(number, "blocked (not a regular file)")
    os.close(write)
    assert rig.link.close(0.2) == ()
    rig.close()
    assert rig.lost == [(str(path), 1, 14)]


def test_f20_a_logger_that_dies_at_the_end_is_replaced_and_told(tmp_path: Path) -> None:
    """What it kept and what was still in the pipe is counted, or written where the file can be."""
    path = tmp_path / "x.log"
    path.mkdir()
    rig = LogRig()
    number, write = rig.open(bare(path))
    other, other_write = rig.open(bare(tmp_path / "y.log"))
    os.write(write, b"kept\n")
    later, later_write = rig.open(bare(tmp_path / "z.log"))
    os.close(later_write)
    rig.until_ended(later)
    rig.until_state(number, "blocked (not a regular file)")
    assert rig.link.pid is not None
    os.kill(rig.link.pid, signal.SIGSTOP)
    os.write(write, b"in the pipe\n")
    os.write(other_write, b"written\n")
    os.kill(rig.link.pid, signal.SIGKILL)
    os.close(write)
    os.close(other_write)
    assert rig.link.close(1.0) == ()
    rig.close()
    assert rig.lost == [(str(path), 2, 17)]
    assert (tmp_path / "y.log").read_bytes() == b"written\n"
    assert sorted(rig.ended) == [number, other, later]
