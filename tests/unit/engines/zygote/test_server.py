"""The zygote's side of the talk: what it says before it imports, and how it answers each request but the one to fork.

That it forks is in tests/process/test_zygote_context.py, and what spoils it in tests/process/test_engine_faults.py.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from udaemon.engines.zygote import wire
from udaemon.engines.zygote.server import Setup, _Server, _told
from udaemon.engines.zygote.sharing import Root, Sharing
from udaemon.engines.zygote.wire import Part


class World:
    """The parent's end is `parent`; `says` is all that the zygote has answered since the last time."""

    def __init__(self) -> None:
        self.parent, self.zygote = wire.pair()
        self.zygote.setblocking(False)
        self.server = _Server(self.zygote, (), None)

    def ask(self, *parts: Part) -> bool:
        wire.ask(self.parent, parts)
        return self.server.take_turn()

    def says(self) -> list[dict[str, Any]]:
        found = []
        try:
            while (value := wire.receive_answer(self.parent)) is not None:
                found.append(value)
        except BlockingIOError:
            pass
        return found


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.parent.close()
    made.zygote.close()


def setup(*roots: Root, left_out: dict[str, str] | None = None) -> Setup:
    return Setup(env={}, cwd="/", path=(), own=(), roots=roots, left_out=left_out)


def test_an_empty_request_means_to_go_on_and_is_not_answered(world: World) -> None:
    assert (world.ask(), world.says()) == (False, [])


def test_a_request_for_forks_after_an_edit_is_refused_and_nothing_of_it_stays_open(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "jobs.py"
    file.write_text("x = 1\n")
    world.server._sources._watch(str(file))
    before = len(os.listdir("/proc/self/fd"))
    file.write_text("x = 2222\n")
    null = os.open(os.devnull, os.O_RDONLY)
    assert world.ask(Part(b"", (null,)))
    os.close(null)
    assert world.says() == [{"stale": str(file)}]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_request_that_came_without_all_of_its_descriptors_is_refused(world: World) -> None:
    world.parent.send(b"firstlast")  # a message without even the memory that the request is in
    assert world.server.take_turn()
    assert world.says() == [{"refused": errno.EMFILE}]


def test_where_there_is_nothing_to_import_it_is_ready_at_once(world: World) -> None:
    world.server.load(setup())
    assert world.says() == [{"reading": True}, {"ready": True, "failed": {}}]


def test_what_is_loaded_already_is_told_for_each_root_and_nothing_is_imported(world: World) -> None:
    root = Root(("json",))
    world.server.load(setup(root))
    first, *told, ready = world.says()
    assert (first, ready) == ({"reading": True}, {"ready": True, "failed": {}})
    assert [one["root"] for one in told if "root" in one] == [0]
    assert not [one for one in told if "importing" in one]


def test_of_the_modules_that_are_not_shared_a_bounded_number_is_told(tmp_path: Path) -> None:
    names = [f"own{number}" for number in range(150)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("open('/dev/null').close()\n")
    (tmp_path / "jobs.py").write_text("".join(f"import {name}\n" for name in names))
    root = Root(("jobs",))
    told = _told(Sharing([root], [str(tmp_path), *sys.path]), root)
    own = told["own"]
    assert isinstance(own, Sequence)
    assert len(own) == 100
    assert told["unshared"] == 151
    assert own[0] == ["jobs", 1, "imports own0, which is not shared"]
    assert own[1][1:] == [1, "calls open('/dev/null').close()"]
