"""Tests of the zygote's parts that need no process: messages, sources, and what is not imported."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from udaemon.engines.zygote import wire
from udaemon.engines.zygote.quarantine import Quarantine
from udaemon.engines.zygote.sources import Sources
from udaemon.engines.zygote.wire import Part

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    parent, zygote = wire.pair()
    yield parent, zygote
    parent.close()
    zygote.close()


def test_a_request_crosses_with_its_descriptors(pair: Pair) -> None:
    parent, zygote = pair
    read, write = os.pipe()
    wire.ask(parent, [Part(b"one", []), Part(b"", [write]), Part(b"three", [])])
    request = wire.receive_request(zygote)
    assert request is not None
    assert [part.data for part in request] == [b"one", b"", b"three"]
    [[], [arrived], []] = [part.fds for part in request]
    assert not os.get_inheritable(arrived)
    os.write(arrived, b"x")
    assert os.read(read, 1) == b"x"
    for fd in (read, write, arrived):
        os.close(fd)


def test_a_request_of_the_largest_size_never_fills_the_socket(pair: Pair) -> None:
    parent, zygote = pair
    wire.ask(parent, [Part(b"x" * 10_000_000, [0] * wire.MAX_FDS)])
    request = wire.receive_request(zygote)
    assert request is not None
    [part] = request
    assert (len(part.data), len(part.fds)) == (10_000_000, wire.MAX_FDS)
    for fd in part.fds:
        os.close(fd)


def test_a_request_that_was_cut_off_is_forgotten_with_the_next(pair: Pair) -> None:
    """What came of it is closed: nobody would ever ask for it."""
    parent, zygote = pair
    read, write = os.pipe()
    socket.send_fds(parent, [b"firstmore"], [write])
    os.close(write)
    wire.ask(parent, [Part(b"whole", [0])])

    request = wire.receive_request(zygote)

    assert request is not None
    [part] = request
    assert (part.data, len(part.fds)) == (b"whole", 1)
    assert os.read(read, 1) == b""
    for fd in (read, *part.fds):
        os.close(fd)


def test_the_end_of_the_parent_is_no_request(pair: Pair) -> None:
    parent, zygote = pair
    parent.close()
    assert wire.receive_request(zygote) is None


def test_an_answer_crosses_as_json(pair: Pair) -> None:
    parent, zygote = pair
    with pytest.raises(BlockingIOError):
        wire.receive_answer(parent)
    wire.answer(zygote, {"forked": [[12, 0]]})
    assert wire.receive_answer(parent) == {"forked": [[12, 0]]}
    zygote.close()
    assert wire.receive_answer(parent) is None


@pytest.mark.parametrize(
    "data",
    [b"\x80\x05pickle", b"[]", b"{", b"[" * 60_000, json.dumps({"x": "y" * 70_000}).encode(), b"\xff"],
)
def test_what_is_no_answer_is_refused(pair: Pair, data: bytes) -> None:
    parent, zygote = pair
    zygote.send(data)
    with pytest.raises(ValueError, match=r".+"):
        wire.receive_answer(parent)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was imported, so it seems, an hour after it was written."""
    path = tmp_path / "imported_once.py"
    path.write_text("x = 1\n")
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    module = ModuleType("imported_once")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "imported_once", module)
    return path


def test_unchanged_sources_are_not_stale(source: Path) -> None:
    sources = Sources()
    sources.note()
    assert sources.changed() is None


def test_a_change_in_the_same_second_and_of_the_same_size_is_seen(source: Path) -> None:
    sources = Sources()
    sources.note()
    before = source.stat()
    source.write_text("x = 2\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert sources.changed() == str(source)


def test_a_source_that_is_gone_is_stale(source: Path) -> None:
    sources = Sources()
    sources.note()
    source.unlink()
    assert sources.changed() == str(source)


def test_a_source_written_while_it_was_imported_is_stale(source: Path) -> None:
    sources = Sources()
    source.write_text("x = 2\n")
    sources.note()
    assert sources.changed() == str(source)


def test_a_source_from_the_future_is_not_stale_for_ever(source: Path) -> None:
    tomorrow = time.time() + 86400
    os.utime(source, (tomorrow, tomorrow))
    sources = Sources()
    sources.note()
    assert sources.changed() is None


def test_the_standard_library_and_udaemon_do_not_count() -> None:
    sources = Sources()
    assert not sources._counts(json.__file__)
    assert not sources._counts(wire.__file__)
    assert sources._counts(pytest.__file__)


def test_what_failed_is_tried_again_in_new_code_and_what_harmed_is_not() -> None:
    quarantine = Quarantine()
    quarantine.failed({"a": "ValueError"})
    quarantine.harmful("b", "it forked")
    assert quarantine.left_out == {"a": "ValueError", "b": "it forked"}
    quarantine.stale()
    assert quarantine.left_out == {"b": "it forked"}


def test_after_mishaps_in_a_row_a_kind_of_zygote_is_unlucky() -> None:
    quarantine = Quarantine()
    for _ in range(2):
        quarantine.mishap()
    assert not quarantine.unlucky
    quarantine.mishap()
    assert quarantine.unlucky
    quarantine.success()
    assert not quarantine.unlucky


def test_code_that_changes_often_makes_a_kind_of_zygote_restless() -> None:
    quarantine = Quarantine()
    for _ in range(3):
        assert not quarantine.restless
        quarantine.stale()
    assert quarantine.restless
    quarantine.success()
    assert not quarantine.restless
    assert not quarantine.unlucky
