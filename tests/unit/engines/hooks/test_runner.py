"""How often an event is told, and what the supervisor hears of it."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import cast

import pytest
from tests.fakes.webhook import FAILED, OK, Answer, command_job, serving, webhook_job
from tests.process.project import gone

from udaemon.engines.hooks import runner
from udaemon.engines.hooks.job import Job
from udaemon.engines.hooks.runner import told


@pytest.mark.parametrize(
    ("answer", "reason", "tries"),
    [
        (None, "no end within 0.3 s, after 2 tries", 2),
        (b"", "closed the connection without an answer, after 2 tries", 2),
        (b"HTTP/1.1 429 Slow\r\n\r\n", "HTTP 429, after 2 tries", 2),
        (b"HTTP/1.1 404 No\r\n\r\n", "HTTP 404", 1),
        (b"HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\n\r\n", "HTTP 302: redirects are not followed", 1),
        (b"SSH-2.0-x\r\n", "answers something else than HTTP", 1),
        (b"x" * 1_000_000, "answers something else than HTTP", 1),
    ],
)
def test_what_a_hostile_server_answers_is_a_reason(answer: Answer, reason: str, tries: int) -> None:
    with serving(answer) as server:
        assert (
            asyncio.run(told(webhook_job(server, timeout=0.3 if answer is None else 5.0, retries=1))).reason == reason
        )
        assert len(server.asked) == tries


def test_nobody_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    job = Job(1, "{}", timeout=5.0, retries=1, url=f"http://127.0.0.1:{port}/")
    assert asyncio.run(told(job)).reason == "connection refused, after 2 tries"


def test_a_command_that_hangs_is_killed_with_all_of_its_group(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/below; echo $$ > {tmp_path}/own; wait"
    assert asyncio.run(told(command_job("sh", "-c", script, timeout=0.7))).reason == "no end within 0.7 s"
    assert gone([int((tmp_path / name).read_text()) for name in ("below", "own")])


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it waits between two tries is told by a test of the process."""
    monkeypatch.setattr(runner, "FIRST_WAIT", 0.0)


@pytest.mark.parametrize(
    ("answers", "retries", "reason", "tries"),
    [
        ([OK], 3, "HTTP 204", 1),
        ([FAILED, FAILED, OK], 3, "HTTP 204", 3),
        ([FAILED], 0, "HTTP 500", 1),
        ([FAILED], 2, "HTTP 500, after 3 tries", 3),
        ([FAILED, b"HTTP/1.1 404 No\r\n\r\n"], 3, "HTTP 404, after 2 tries", 2),
    ],
)
def test_it_is_tried_again_as_often_as_it_may_and_as_that_may_help(
    answers: list[Answer], retries: int, reason: str, tries: int
) -> None:
    with serving(*answers) as server:
        assert asyncio.run(told(webhook_job(server, retries=retries))).reason == reason
        assert len(server.asked) == tries


def test_a_mistake_of_our_own_is_that_hook_s_alone() -> None:
    job = Job(1, "{}", timeout=5.0, retries=3, url="http://[broken")
    assert asyncio.run(told(job)).reason.startswith("cannot be told: ValueError(")


def test_each_event_has_its_verdict_whatever_becomes_of_the_others() -> None:
    class Supervisor:
        """The other end of the socket."""

        def __init__(self) -> None:
            self.heard: dict[int, list[object]] = {}

        def write(self, data: bytes) -> None:
            number, *rest = json.loads(data[4:])
            self.heard[number] = rest

    async def main() -> dict[int, list[object]]:
        supervisor = Supervisor()
        take = runner._begin(cast("asyncio.StreamWriter", supervisor))
        for job in (command_job("false")._replace(id=1), command_job("true")._replace(id=2)):
            take([*job])
        async with asyncio.timeout(10):
            while len(supervisor.heard) < 2:  # noqa: ASYNC110 - an event would be the runner's, which has none
                await asyncio.sleep(0)
        return supervisor.heard

    assert asyncio.run(main()) == {1: [False, "exit code 1"], 2: [True, "exit code 0"]}
