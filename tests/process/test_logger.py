"""The logger process: what daemons write is in their files, whatever happens to whom."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.process.log_rig import LogRig, bare, child, history, idle, numbered, numbers

from udaemon.logs.log_target import LogTarget

if TYPE_CHECKING:
    from tests.process.conftest import Wait

ROOT = Path(__file__).parents[2]


def test_what_is_written_is_in_the_file_when_the_end_is_told(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "log" / "x.log"
    number, write = rig.open(bare(path))
    os.write(write, b"hello\nand a line without end")
    os.close(write)
    rig.until_ended(number)
    assert path.read_bytes() == b"hello\nand a line without end\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_f26_last_words_before_a_kill_are_kept(rig: LogRig, tmp_path: Path) -> None:
    code = "import os\nfor n in range(600): os.write(1, b'%09d last words\\n' % n)\nos.kill(os.getpid(), 9)"
    number, write = rig.open(bare(tmp_path / "x.log"))
    process = child(code, write)
    os.close(write)
    assert process.wait(10) == -signal.SIGKILL
    rig.until_ended(number)
    assert numbers((tmp_path / "x.log").read_bytes().splitlines()) == list(range(600))


def test_lines_of_instances_that_share_a_file_never_mix(rig: LogRig, tmp_path: Path) -> None:
    code = """
import os, sys
word = sys.argv[1].encode()
for n in range(500):
    for part in (b"%09d " % n, word * 50, word * 50 + b"\\n"):
        os.write(1, part)
"""
    path = tmp_path / "x.log"
    opened = [rig.open(bare(path, instance=i, tagged=True)) for i in range(3)]
    processes = [child(code, write, "abc"[i]) for i, (_, write) in enumerate(opened)]
    for _, write in opened:
        os.close(write)
    rig.until_ended(*(number for number, _ in opened))
    assert [process.wait(5) for process in processes] == [0, 0, 0]
    lines = path.read_bytes().splitlines()
    for i in range(3):
        mine = [line for line in lines if line.startswith(b"[%d] " % i)]
        assert mine == [b"[%d] %09d %s" % (i, n, b"abc"[i : i + 1] * 100) for n in range(500)]
    assert len(lines) == 1500


def test_i6_a_flood_is_rotated_and_every_line_stands_once_and_in_order(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    number, write = rig.open(LogTarget(path=str(path), max_size=100_000, backups=99))
    process = child(
        "import sys; from tests.process.log_rig import numbered; sys.stdout.buffer.write(numbered(50_000))", write
    )
    os.close(write)
    rig.until_ended(number, timeout=30)
    assert process.wait(5) == 0
    lines = [line.split(b" ", 1)[1] for line in history(path).splitlines()]
    assert numbers(lines) == list(range(50_000))
    assert max(os.path.getsize(tmp_path / name) for name in os.listdir(tmp_path)) <= 100_000


def test_i6_rotated_files_beyond_the_count_are_gone(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(bare(tmp_path / "x.log", max_size=20_000, backups=2, compress=True))
    os.write(write, numbered(600))
    os.close(write)
    rig.until_ended(number)
    rig.link.close()
    kept = {name.removesuffix(".gz") for name in os.listdir(tmp_path)} - {"x.log.zip"}
    assert kept == {"x.log", "x.log.1", "x.log.2"}


def test_f22_a_directory_renamed_under_us_is_made_again(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "log" / "x.log"
    number, write = rig.open(bare(path))
    first, first_write = rig.open(bare(path))
    os.write(first_write, b"before\n")
    os.close(first_write)
    rig.until_ended(first)
    path.parent.rename(tmp_path / "old")
    assert idle(rig.loop, 0.02)  # for so long it may go on in the old one
    os.write(write, b"after\n")
    os.close(write)
    rig.until_ended(number)
    said, after = path.read_text().splitlines()
    assert "removed or renamed" in said
    assert after == "after"
    assert (tmp_path / "old" / "x.log").read_text() == "before\n"


def test_f23_a_flood_delays_no_other_log_and_takes_bounded_memory(rig: LogRig, tmp_path: Path, wait: Wait) -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 99 + b'\\n')"
    _, loud = rig.open(bare(tmp_path / "loud.log", max_size=5_000_000, backups=1))
    process = child(code, loud)
    os.close(loud)
    while _size(tmp_path / "loud.log") < 1_000_000:
        probe, probe_write = rig.open(bare(tmp_path / "probe.log"))
        os.close(probe_write)
        rig.until_ended(probe)
    delays = []
    for n in range(10):
        number, write = rig.open(bare(tmp_path / f"quiet{n}.log"))
        os.write(write, b"a word\n")
        os.close(write)
        since = time.monotonic()
        rig.until_ended(number)
        delays.append(time.monotonic() - since)
    assert rig.link.pid is not None
    memory = psutil.Process(rig.link.pid).memory_info().rss
    process.kill()
    process.wait(5)
    assert max(delays) < 1.0
    assert memory < 40_000_000


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_f24_a_line_of_100_mb_and_binary_bytes_come_as_they_were(rig: LogRig, tmp_path: Path) -> None:
    code = """
import os
os.write(1, b"\\x00\\xff\\x1b[2J\\r\\n")
block = bytes(range(11, 256)) * 4096
for _ in range(100): os.write(1, block)
"""
    number, write = rig.open(bare(tmp_path / "x.log"))
    process = child(code, write)
    os.close(write)
    rig.until_ended(number, timeout=30)
    assert process.wait(5) == 0
    block = bytes(range(11, 256)) * 4096
    assert (tmp_path / "x.log").read_bytes() == b"\x00\xff\x1b[2J\r\n" + block * 100 + b"\n"


def test_f27_an_heir_that_holds_the_pipe_is_read_on_and_named(rig: LogRig, tmp_path: Path) -> None:
    code = """
import os, sys
if os.fork():
    os._exit(0)
with open(sys.argv[1]) as told:
    told.read()
os.write(1, b"from the heir\\n")
"""
    hold = tmp_path / "hold"
    os.mkfifo(hold)
    number, write = rig.open(bare(tmp_path / "x.log"))
    process = child(code, write, str(hold))
    os.close(write)
    assert process.wait(5) == 0
    assert number not in rig.ended
    other, other_write = rig.open(bare(tmp_path / "y.log"))
    os.close(other_write)
    rig.until_ended(other)
    assert number not in rig.ended
    hold.write_bytes(b"")
    rig.until_ended(number)
    assert (tmp_path / "x.log").read_bytes() == b"from the heir\n"


def test_f27_closing_does_not_wait_for_ever_for_an_heir(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(bare(tmp_path / "x.log"))
    os.write(write, b"begun")
    assert rig.link.close(0.2) == (number,)
    os.close(write)
    assert (tmp_path / "x.log").read_bytes() == b"begun\n"


@pytest.mark.parametrize("make", ["symlink", "fifo", "directory", "device"])
def test_f31_a_path_that_is_no_regular_file_is_told_and_blocks_nobody_else(
    rig: LogRig, tmp_path: Path, make: str
) -> None:
    path = tmp_path / "x.log"
    if make == "symlink":
        path.symlink_to(tmp_path / "elsewhere")
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "directory":
        path.mkdir()
    else:
        path = Path("/dev/full")
    bad, bad_write = rig.open(bare(path))
    good, good_write = rig.open(bare(tmp_path / "good.log"))
    rig.until("its state", lambda: bool(rig.states))
    os.write(good_write, b"fine\n")
    os.close(good_write)
    rig.until_ended(good)
    os.close(bad_write)
    rig.until_ended(bad)
    expected = "blocked (a symbolic link, not a file)" if make == "symlink" else "blocked (not a regular file)"
    assert rig.states == [(bad, expected)]
    assert not (tmp_path / "elsewhere").exists()


def test_it_opens_files_for_none_but_its_pipes(rig: LogRig, tmp_path: Path) -> None:
    assert rig.link.pid is not None
    number, write = rig.open(bare(tmp_path / "x.log"))
    first, first_write = rig.open(bare(tmp_path / "y.log"))
    os.close(first_write)
    rig.until_ended(first)
    open_files = [file.path for file in psutil.Process(rig.link.pid).open_files()]
    os.close(write)
    rig.until_ended(number)
    assert open_files == [str(tmp_path / "x.log")]


def test_a_state_is_told_once_for_a_file_that_several_share(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    writes = [rig.open(bare(path, tagged=True, instance=n))[1] for n in range(3)]
    rig.until("the trouble", lambda: len(rig.states) > 0)
    path.rmdir()
    rig.until("its end", lambda: len(rig.states) > 1)
    for write in writes:
        os.close(write)
    rig.until_ended(1, 2, 3)
    assert [state for _, state in rig.states] == ["blocked (not a regular file)", "ok"]
