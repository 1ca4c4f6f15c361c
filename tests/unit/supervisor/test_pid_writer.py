"""Files on a file system that may not answer: a process of its own writes them, one at a time, the last wish counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.reactor import SmallReactor

from udaemon.supervisor.pid_writer import PidWriter
from udaemon.supervisor.pidfiles import put
from udaemon.system.mounts import Mounts


class Doubtful(Mounts):
    """Whatever lies in one directory may not answer, as long as `silent` says so."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = str(directory)
        self.silent = True

    def answers(self, path: str) -> bool:
        return not (self.silent and path.startswith(self._directory))


class Bench:
    """A writer whose process waits for a byte before each file."""

    def __init__(self, place: Path) -> None:
        self.reactor = SmallReactor()
        self.mounts = Doubtful(place)
        self.failures: list[str] = []
        self._gate, self._opener = os.pipe2(os.O_CLOEXEC)
        self._gate_path = f"/proc/{os.getpid()}/fd/{self._gate}"
        self.writer = PidWriter(self.reactor, self._put, self.failures.append, self.mounts)

    def _put(self, path: str, pid: int | None) -> None:
        fd = os.open(self._gate_path, os.O_RDONLY)  # ours is closed in there
        os.read(fd, 1)
        os.close(fd)
        put(path, pid)

    def let(self, files: int) -> None:
        os.write(self._opener, b"x" * files)

    def until(self, condition: Callable[[], object]) -> None:
        self.reactor.run_until(condition)

    def close(self) -> None:
        self.writer.close()
        self.reactor.close()
        os.close(self._gate)
        os.close(self._opener)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_file_of_a_file_system_that_answers_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    assert not bench.writer.take(str(tmp_path.parent / "a.pid"), 7)
    assert bench.writer.pid is None
    bench.close()


def test_nobody_waits_while_it_is_written_and_the_last_wish_counts(bench: Bench, tmp_path: Path) -> None:
    one, other = tmp_path / "one.pid", tmp_path / "other.pid"
    assert bench.writer.take(str(one), 1)
    first = bench.writer.pid
    for pid in (2, None, 3):
        assert bench.writer.take(str(one), pid)
    assert bench.writer.take(str(other), 4)
    assert bench.writer.pid == first
    assert list(tmp_path.iterdir()) == []
    bench.let(1)
    bench.until(lambda: bench.writer.pid not in (first, None))
    assert one.read_text() == "1"
    bench.let(2)
    bench.until(lambda: bench.writer.pid is None)
    assert (one.read_text(), other.read_text()) == ("3", "4")
    bench.close()


def test_what_was_taken_once_is_not_overtaken_by_one_written_at_once(bench: Bench, tmp_path: Path) -> None:
    bench.writer.take(str(tmp_path / "one.pid"), 1)
    bench.mounts.silent = False
    assert bench.writer.take(str(tmp_path / "one.pid"), None)
    assert not bench.writer.take(str(tmp_path / "other.pid"), 1)
    bench.let(2)
    bench.until(lambda: bench.writer.pid is None)
    assert list(tmp_path.iterdir()) == []
    bench.close()


def test_what_cannot_be_written_is_told_and_the_others_are_written(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bench.writer.take(str(tmp_path / "one.pid"), 1)
    bench.writer.take(str(tmp_path / "file" / "x.pid"), 2)
    bench.writer.take(str(tmp_path / "other.pid"), 3)
    bench.let(3)
    bench.until(lambda: bench.writer.pid is None)
    (told,) = bench.failures
    assert "Not a directory" in told
    assert (tmp_path / "other.pid").read_text() == "3"
    bench.close()


def test_at_the_end_the_rest_is_written(bench: Bench, tmp_path: Path) -> None:
    bench.writer.take(str(tmp_path / "one.pid"), 1)
    bench.writer.take(str(tmp_path / "one.pid"), None)
    bench.let(2)
    bench.close()
    assert (bench.writer.pid, list(tmp_path.iterdir())) == (None, [])


@pytest.mark.timing
def test_at_the_end_one_that_gets_no_answer_is_not_waited_for(bench: Bench, tmp_path: Path) -> None:
    bench.writer.take(str(tmp_path / "one.pid"), 1)
    bench.writer.take(str(tmp_path / "one.pid"), None)
    pid = bench.writer.pid
    assert pid is not None
    bench.close()
    assert bench.writer.pid is None
    try:
        os.waitpid(pid, 0)  # it may have been reaped already
    except ChildProcessError:
        pass
    assert list(tmp_path.iterdir()) == []
