"""The logger's loop from the first message to the last, in this process; the supervisor is a socket that a test holds.

With a process of its own, with kills, full disks and daemons it is in tests/process/test_log*.py.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from udaemon.logs.inheritance import Inheritance
from udaemon.logs.log_target import LEGACY, LogTarget
from udaemon.logs.logger import Logger
from udaemon.logs.wire import Unpacker, pack


class World:
    """What is told to the logger is read when it runs; it leaves when its pipes have ended."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.inheritance = Inheritance.new()
        self.far, self.near = socket.socketpair()
        self.logger = Logger(self.near)
        self.files: dict[str, int] = {}
        self.pipes = 0
        for data, fd in self.inheritance.messages():
            self.tell(data, fd)

    def tell(self, data: bytes, fd: int | None = None) -> None:
        if fd is None:
            self.far.send(data)
        else:
            socket.send_fds(self.far, [data], [fd])

    def pipe(self, text: bytes, file: str = "x.log", *, end: bool = True, **keys: object) -> int:
        """Hand over a log pipe that has this text in it, and has ended."""
        read, write = os.pipe2(os.O_CLOEXEC)
        os.write(write, text)
        target = LogTarget(path=str(self.directory / file), timestamps=False, **keys)  # type: ignore[arg-type]
        slot = self.files.setdefault(file, len(self.files))
        self.tell(pack("open", str(self.pipes), str(self.pipes), str(slot), *target.fields()), read)
        self.pipes += 1
        os.close(read)
        if end:
            os.close(write)
        return write

    def runs(self, seconds: float = 10.0) -> list[list[str]]:
        """Let it run to its end. Returns what it said."""
        self.tell(pack("finish", repr(seconds)))
        self.logger.run()
        said, unpacker = b"", Unpacker()
        self.far.settimeout(10)
        while b"left" not in said:
            said += self.far.recv(1 << 20)
        return unpacker.feed(said)

    def hears(self) -> None:
        """Let it take in all that it was told so far."""
        while select.select([self.near], [], [], 0)[0]:
            self.logger._receive()

    def begin(self) -> None:
        self.tell(pack("begin", ""))

    def close(self) -> None:
        self.near.close()
        self.far.close()
        self.inheritance.close()

    def read(self, file: str = "x.log") -> bytes:
        return (self.directory / file).read_bytes()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def told(said: Sequence[list[str]], kind: str) -> list[list[str]]:
    return [fields[1:] for fields in said if fields[0] == kind]


def test_every_line_is_in_its_file_before_the_end_of_its_pipe_is_told(world: World) -> None:
    world.pipe(b"one\ntwo\nno end")
    world.pipe(b"other\n", "y.log")
    world.begin()
    said = world.runs()
    assert (world.read(), world.read("y.log")) == (b"one\ntwo\nno end\n", b"other\n")
    assert sorted(told(said, "eof")) == [["0"], ["1"]]
    assert told(said, "state") == [["0", "ok"], ["1", "ok"]]
    assert said[-1] == ["left", ""]


def test_pipes_that_share_a_file_never_mix_their_lines(world: World) -> None:
    world.pipe(b"one\ntw")
    world.pipe(b"three\n")
    world.begin()
    world.runs()
    assert sorted(world.read().splitlines()) == [b"one", b"three", b"tw"]


@pytest.mark.parametrize("name", ["{}.log", "shared.log"])
def test_what_a_pipe_takes_does_not_grow_with_the_number_of_others(name: str, tmp_path: Path) -> None:
    few, many = (lines_run(tmp_path / str(count), name, count) / count for count in (10, 100))
    assert many < few * 1.2


def lines_run(directory: Path, name: str, count: int) -> int:
    """The lines of Python that a logger runs for so many pipes, from their first message to their end."""
    directory.mkdir()
    world = World(directory)
    for number in range(count):
        world.pipe(b"one\n", name.format(number))
    world.begin()
    lines = 0

    def trace(_frame: object, event: str, _argument: object) -> object:
        nonlocal lines
        lines += event == "line"
        return trace

    former = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        world.runs()
    finally:
        sys.settrace(former)
        world.close()
    return lines


def test_nothing_is_written_before_all_was_told_that_was_there_before(world: World) -> None:
    """A logger that was killed may have left the beginning of what is to be written first."""
    write = world.pipe(b"one\n", end=False)
    world.hears()
    assert not (world.directory / "x.log").exists()
    os.close(write)
    world.begin()
    world.runs()
    assert world.read() == b"one\n"


def test_a_pipe_that_somebody_still_holds_open_does_not_keep_it(world: World) -> None:
    write = world.pipe(b"one\nhalf", end=False)
    world.begin()
    said = world.runs(0.0)
    assert (world.read(), told(said, "eof")) == (b"one\nhalf\n", [])
    os.close(write)


def test_legacy_lines_wait_for_the_process_that_they_name(world: World) -> None:
    world.pipe(b"one\n", format=LEGACY)
    world.tell(pack("spawned", "0", "77"))
    world.begin()
    world.runs()
    assert b"77" in world.read()


def test_legacy_lines_of_a_process_that_never_came_are_written_at_the_end(world: World) -> None:
    world.pipe(b"no such program\n", format=LEGACY)
    world.begin()
    world.runs()
    assert world.read().endswith(b"no such program\n")


def test_f20_what_no_file_takes_is_counted_and_given_up_when_that_is_asked_for(world: World) -> None:
    (world.directory / "x.log").mkdir()
    world.pipe(b"one\ntwo\n")
    world.pipe(b"fine\n", "y.log")
    world.begin()
    world.tell(pack("abandon", ""))
    said = world.runs()
    assert told(said, "lost") == [[str(world.directory / "x.log"), "2", "8"]]
    assert ["abandoned", ""] in said
    assert world.read("y.log") == b"fine\n"
    assert ["0", "blocked (not a regular file)"] in told(said, "state")


def test_a_file_is_kept_otherwise_from_a_change_on(world: World) -> None:
    write = world.pipe(b"", end=False)
    world.begin()
    target = LogTarget(path=str(world.directory / "x.log"), timestamps=False, max_size=20, backups=1)
    world.tell(pack("change", "0", "0", *target.fields()))
    world.hears()
    for number in range(3):
        os.write(write, b"%d" % number + b"x" * 14 + b"\n")
        [stream] = world.logger._streams.values()
        world.logger._pump(stream)
    os.close(write)
    world.runs()
    assert (world.read()[:1], world.read("x.log.1")[:1]) == (b"2", b"1")
    assert not (world.directory / "x.log.2").exists()


def test_one_whose_supervisor_died_before_all_was_told_leaves_the_pipes_to_the_next(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.tell(pack("outlive", ""))
    write = world.pipe(b"one\n", end=False)
    world.far.close()
    with pytest.raises(SystemExit):
        world.logger.run()
    assert not (tmp_path / "x.log").exists()
    os.close(write)
    world.close()
