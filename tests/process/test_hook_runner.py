"""The runner of hooks as a process: queues that are bounded, a runner that is killed, the waits between tries."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.fakes.reactor import SmallReactor
from tests.fakes.webhook import FAILED, OK, command_job, serving, webhook_job
from tests.process.project import PATIENCE, gone

from udaemon.engines.hooks.client import HookLink
from udaemon.engines.hooks.job import Job
from udaemon.engines.hooks.queues import QUEUED
from udaemon.engines.hooks.runner import told


def test_a_server_that_fails_three_times_is_told_at_the_fourth() -> None:
    with serving(FAILED, FAILED, FAILED, OK) as server:
        began = time.monotonic()
        assert asyncio.run(told(webhook_job(server, retries=3))).reason == "HTTP 204"
        assert len(server.asked) == 4
        assert time.monotonic() - began > 1.5  # half of 0.5, 1 and 2 s at least, less a moment
    with serving(FAILED) as server:
        assert asyncio.run(told(webhook_job(server, retries=1))) == (False, "HTTP 500, after 2 tries", True)


class Link:
    """A link with a real runner on a small loop."""

    def __init__(self) -> None:
        self.reactor = SmallReactor()
        self.troubles: list[str] = []
        self.link = HookLink(self.reactor, time.monotonic, self.troubles.append)
        self.reactor.add(self.link)

    def until(self, true: Callable[[], bool]) -> None:
        """Go on until something is true that a file may tell: a turn ends by itself, as nobody watches that."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, self.troubles
            self.reactor.turn(time.monotonic() + 0.05)


@pytest.fixture
def link() -> Iterator[Link]:
    made = Link()
    yield made
    made.link.close()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def append(path: Path, text: object) -> Job:
    return command_job("sh", "-c", f"cat >> {path}; echo >> {path}", payload=str(text))


def test_there_is_no_runner_before_the_first_event(link: Link, tmp_path: Path) -> None:
    assert (link.link.pid, link.link.deadline) == (None, None)
    for number in range(20):
        link.link.tell("hook", "a hook", partial(append, tmp_path / "got", number))
    link.until(lambda: len(lines(tmp_path / "got")) == 20)
    assert lines(tmp_path / "got") == [str(number) for number in range(20)]
    assert link.troubles == []


def test_a_flood_is_bounded_and_what_is_dropped_is_counted_once(link: Link, tmp_path: Path) -> None:
    """A hook that takes its time: 10,000 events cost the supervisor next to nothing, and none is lost uncounted."""
    go = tmp_path / "go"
    os.mkfifo(go)
    first = command_job("sh", "-c", f"read word < {go}; cat >> {tmp_path}/got; echo >> {tmp_path}/got", payload="0")
    link.link.tell("hook", "a slow hook", lambda: first)
    slowest = 0.0
    began = time.monotonic()
    for number in range(1, 10_000):
        at = time.monotonic()
        link.link.tell("hook", "a slow hook", partial(append, tmp_path / "got", number))
        slowest = max(slowest, time.monotonic() - at)
    assert time.monotonic() - began < 5
    assert slowest < 0.2
    link.link.tell("other", "another hook", lambda: append(tmp_path / "other", "told"))
    link.until(lambda: lines(tmp_path / "other") == ["told"])
    link.until(lambda: bool(link.troubles))
    dropped = 10_000 - 1 - QUEUED
    assert link.troubles == [f"a slow hook: {dropped} events were dropped, as they came faster than it takes them"]
    go.write_text("go\n")
    link.until(lambda: len(lines(tmp_path / "got")) == QUEUED + 1)
    assert lines(tmp_path / "got") == [str(number) for number in range(QUEUED + 1)]


def test_a_runner_that_is_killed_is_started_again_and_told_what_it_had(link: Link, tmp_path: Path) -> None:
    script = f"echo $$ >> {tmp_path}/pids; test $(wc -l < {tmp_path}/pids) -gt 1 || exec sleep 1000"
    link.link.tell("hook", "a hook", lambda: command_job("sh", "-c", script))
    link.until(lambda: len(lines(tmp_path / "pids")) == 1)
    assert link.link.pid is not None
    os.kill(link.link.pid, signal.SIGKILL)
    link.until(lambda: len(lines(tmp_path / "pids")) == 2)
    assert gone([int(lines(tmp_path / "pids")[0])])
    assert link.troubles == ["the runner of hooks has died, and is started again"]


def test_a_hook_that_fails_is_told_the_1st_2nd_and_4th_time_and_when_it_works_again(link: Link, tmp_path: Path) -> None:
    for _ in range(5):
        link.link.tell("hook", "a hook", lambda: command_job("sh", "-c", "echo no; exit 1"))
    link.link.tell("hook", "a hook", lambda: append(tmp_path / "got", "yes"))
    link.until(lambda: len(link.troubles) == 4)
    assert link.troubles == [
        "a hook: an event could not be told: no (exit code 1)",
        "a hook: an event could not be told: no (exit code 1) (2 in a row)",
        "a hook: an event could not be told: no (exit code 1) (4 in a row)",
        "a hook: works again, after 5 events that could not be told",
    ]


def test_at_the_end_what_is_left_has_a_moment_and_what_hangs_is_ended(tmp_path: Path) -> None:
    link = Link()
    for number in range(3):
        link.link.tell("hook", "a hook", partial(append, tmp_path / "got", number))
    link.link.tell("other", "another", lambda: command_job("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 1000"))
    link.until(lambda: bool(lines(tmp_path / "pid")))
    began = time.monotonic()
    link.link.close()
    assert time.monotonic() - began < 15
    assert lines(tmp_path / "got") == ["0", "1", "2"]
    assert gone([int(lines(tmp_path / "pid")[0])])
    assert link.troubles == ["1 event was not told by hooks, as their supervisor ends"]
    assert link.link.pid is None
