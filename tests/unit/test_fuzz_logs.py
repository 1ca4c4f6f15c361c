"""Bytes that nobody of ours wrote, in log files and between supervisor and logger: no exception, and no line is lost.

`UDAEMON_FUZZ_SECONDS=60` goes on for a minute each, `UDAEMON_FUZZ_SEED=N` elsewhere.
"""

from __future__ import annotations

import gzip
import os
from itertools import product
from pathlib import Path

from tests.fuzz.frames import pieces, streams
from tests.fuzz.log_bytes import FROM_LOGGER, FROM_SUPERVISOR, LINES, STAMP

from udaemon.logs.client import LoggerLink
from udaemon.logs.entries import Entry, keyed, parse
from udaemon.logs.follow import LogReader
from udaemon.logs.format import LineFormatter
from udaemon.logs.log_target import LogTarget
from udaemon.logs.tail import LogSource
from udaemon.logs.wire import LONGEST, Unpacker, WireError, pack
from udaemon.supervisor.loop import Loop
from udaemon.ui.loglines import LogLines

NOW = 1_795_521_600.25


def _everything(_entry: Entry) -> bool:
    return True


def test_f91_no_bytes_in_a_log_stop_its_reader_and_each_line_is_read_once(tmp_path: Path) -> None:
    """Forwards, backwards, and followed as they come, they are the same lines."""
    path = tmp_path / "x.log"
    fed = 0
    for data in streams(LINES):
        source = LogSource("web", str(path), 1 + fed % 2, prefixed=fed % 3 > 0)
        shown = LogLines([source], color=fed % 5 == 0, timestamps=True)
        path.write_bytes(b"")
        follower = LogReader(source)
        followed: list[Entry] = []
        with path.open("ab", buffering=0) as file:
            for piece in list(pieces(data, fed))[:200]:
                file.write(piece)
                followed += follower.fresh()
            file.write(b"\n")
        followed += follower.fresh()
        follower.close()
        reader = LogReader(source, following=False)
        found = list(reader.history(last=None, since=b"", wanted=_everything))
        assert len(found) == path.read_bytes().count(b"\n"), data
        assert found == list(reader.history(last=len(found), since=b"", wanted=_everything)), data
        assert found == followed, data
        reader.history(last=None, since=STAMP, wanted=_everything)
        reader.close()
        lines = shown.shown([(source, entry) for _, entry in keyed(found)])
        assert lines.count(b"\n") == len(found), data
        fed += 1
    assert fed > 20


def test_no_bytes_in_a_packed_log_raise(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    packed = [gzip.compress(line * 3) for line in LINES]
    fed = 0
    for data in streams(packed):
        (tmp_path / "x.log.1.gz").write_bytes(data)
        path.write_bytes(STAMP + b" the last\n")
        troubles: list[OSError] = []
        reader = LogReader(LogSource("web", str(path)), on_trouble=lambda _, error: troubles.append(error))  # noqa: B023
        found = list(reader.history(last=None, since=b"", wanted=_everything))
        reader.close()
        assert found[-1:] == [Entry(STAMP, None, b"the last")], data
        fed += 1
    assert fed > 20


def test_f91_what_an_app_writes_comes_back_whatever_it_looks_like() -> None:
    """Each way a line can stand in a file is told by the way, so that no text passes for a prefix of ours."""
    ways = [
        way
        for way in product(("plain", "json", "legacy"), (True, False), (True, False))
        if way[0] != "legacy" or way[1]  # those are stamped always
    ]
    fed = 0
    for data in streams(LINES):
        form, stamped, tagged = ways[fed % len(ways)]
        target = LogTarget(path="/x", name="web", instance=3, tagged=tagged, format=form, timestamps=stamped)
        text = data.replace(b"\n", b" ")
        [line, _end] = LineFormatter(target).feed(text + b"\n", NOW).split(b"\n")
        entry = parse(line, tagged=tagged, prefixed=stamped or form != "plain")
        assert entry.text == (text.decode("utf-8", "backslashreplace").encode() if form == "json" else text), data
        assert entry.instance in ((3, 0) if form == "json" else (3 if tagged else None,)), data
        fed += 1
    assert fed > 20


def test_f90_no_bytes_of_the_logger_raise_in_the_supervisor() -> None:
    """A logger that is no longer itself is replaced; here only what is said of it is looked at."""
    loop = Loop(lambda _what: None)
    told: list[object] = []
    fed = 0
    for data in streams(FROM_LOGGER):
        link = LoggerLink(
            loop,
            on_state=lambda number, state: told.append((number, state)),
            on_eof=told.append,
            on_death=told.append,
            on_lost=lambda path, lines, size: told.append((path, lines, size)),
        )
        link.open(1, os.open(os.devnull, os.O_RDONLY), LogTarget(path="/x"))
        for piece in pieces(data, fed):
            if not link._handle(piece):  # then it is killed
                break
        for stream in link._streams:
            stream.close()
        told.clear()
        fed += 1
    loop.close()
    assert fed > 50


def test_messages_are_cut_the_same_however_they_come_and_little_is_kept() -> None:
    fed = 0
    for data in streams(FROM_LOGGER + FROM_SUPERVISOR):
        whole, bit = Unpacker(), Unpacker()
        once, again = [], []
        try:
            once = whole.feed(data)
            for piece in pieces(data, fed):
                again += bit.feed(piece)
                assert bit.held <= LONGEST + 4, data
        except WireError:
            continue
        finally:
            fed += 1
        assert once == again, data
        assert b"".join(pack(*fields) for fields in once) == data[: sum(len(pack(*fields)) for fields in once)], data
    assert fed > 50
