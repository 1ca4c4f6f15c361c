"""A logger's journal in which bytes are not what its predecessor wrote: the next one starts, and writes what comes.

Nobody but loggers has this memory; but what stands in it outlives them, so one that cannot be read would end each of
them in turn. `UDAEMON_FUZZ_SECONDS=60` goes on for a minute, `UDAEMON_FUZZ_SEED=N` elsewhere.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.frames import SECONDS, SEED

from udaemon.logs.intake import Intake
from udaemon.logs.journal import CHUNK, FINISH, IDLE, MOVE, RETRY, WRITE, Journal, allocate
from udaemon.logs.log_target import LogTarget
from udaemon.logs.recovery import recover
from udaemon.logs.retained import PIPES, Held, Kept, held_at, kept_at
from udaemon.logs.sink import Sink
from udaemon.logs.stream import Stream

NOW = 1_795_521_600.25
STREAM, FILE = 1, 2
MOST_WRITTEN = 4 << 20
"""Bytes that a journal of a few may at most become in a file."""

_PAGES = (0, 64, 2048)
_ENTRIES = (1 << 20) + STREAM * (1 << 19), (1 << 32) + FILE * (1 << 28)
_ODD = (b"\0" * 8, b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\1", b"\0\0\0\0\0\0\xf0\x7f", b"\0\0\0\0\0\0\xf8\x7f")


def begun(fd: int, intake: Intake, chance: random.Random, path: Path) -> None:
    """What a logger has left that was killed in one of its steps."""
    journal = Journal(fd)
    held, kept = Held(journal, STREAM), Kept(journal, FILE)
    journal.move(STREAM, FILE)
    kept.append(b"kept for it\n" * chance.randrange(3))
    if chance.random() < 0.3:
        kept.lines, kept.dropped, kept.since, kept.error = 2, 20, NOW, "ENOSPC"
    journal.commit(held.changed(b"the beginning", in_line=False, came=13), kept.changed())
    phase = chance.choice((IDLE, MOVE, WRITE, FINISH, RETRY))
    if phase in (MOVE, WRITE):
        journal.move(STREAM, FILE)
        chunk = b" of a line\nand one\n"
        os.write(intake_write(intake), chunk)
        if phase == WRITE:
            journal.moved(len(chunk), NOW)
    elif phase == FINISH:
        journal.finish(STREAM, FILE, NOW)
    elif phase == RETRY:
        journal.retry(FILE)
    if phase and chance.random() < 0.5:
        found = path.stat()
        journal.intend(0, (found.st_dev, found.st_ino), found.st_size, 20)


def intake_write(intake: Intake) -> int:
    """The end of the pipe between that chunks go into."""
    return intake._write


def spoil(fd: int, chance: random.Random) -> None:
    """Change a few of the bytes that mean something."""
    for _ in range(chance.randrange(4)):
        at = chance.choice((*_PAGES, *_ENTRIES)) + chance.randrange(112)
        os.pwrite(fd, chance.choice(_ODD) if chance.random() < 0.5 else chance.randbytes(1), at)


def cases() -> Iterator[random.Random]:
    chance = random.Random(SEED)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        yield random.Random(chance.randrange(2**32))


def test_f93_no_bytes_in_the_journal_keep_the_next_logger_from_writing(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    target = LogTarget(path=str(path), name="web", timestamps=False, backups=0)
    fed = 0
    for chance in cases():
        path.write_bytes(b"before\n")
        fd = allocate()
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)  # one that reads for ever would wait
        begun(fd, Intake(Journal(fd), read, write), chance, path)
        spoil(fd, chance)

        began = time.monotonic()
        journal = Journal(fd)
        intake = Intake(journal, read, write)
        sink = Sink(target, journal=journal, slot=FILE)
        stream = Stream("1", slot=STREAM, fd=-1, target=target, sink=sink, journal=journal)
        recover(intake, [stream], [sink])
        sink.retry()
        sink.append(b"after\n")
        journal.commit(stream.held_back(0), sink.kept.changed())
        assert time.monotonic() - began < 5.0
        written = path.read_bytes()
        assert written.startswith(b"before\n")
        assert written.endswith(b"after\n")
        assert len(written) < MOST_WRITTEN
        assert intake.queued() <= CHUNK
        sink.close()
        for one in (fd, read, write):
            os.close(one)
        fed += 1
    assert fed > 50


def test_entries_of_ten_thousand_instances_lie_apart() -> None:
    """As many as one daemon may have, each with a file of its own."""
    assert PIPES > 20_000
    assert held_at(20_000) + (1 << 19) <= kept_at(0)
    fd = allocate()
    journal = Journal(fd)
    held = Held(journal, 20_000)
    journal.move(20_000, 20_000)
    kept = Kept(journal, 20_000)
    kept.append(b"kept")
    journal.commit(held.changed(b"held", in_line=False, came=4), kept.changed())
    assert (Held(journal, 20_000).data, Kept(journal, 20_000).read()) == (b"held", b"kept")
    for slot in (0, 8190, 19_999):
        assert (Held(journal, slot).data, Kept(journal, slot).read()) == (b"", b"")
    os.close(fd)
