"""How an event is told, whoever is told: hostile servers and commands, retries, and queues that are bounded."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from tests.fakes.reactor import SmallReactor
from tests.process.project import PATIENCE, gone

from udaemon.engines.hooks.client import HookLink
from udaemon.engines.hooks.job import Job
from udaemon.engines.hooks.queues import QUEUED
from udaemon.engines.hooks.runner import told

Answer = bytes | None
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
FAILED = b"HTTP/1.1 500 No\r\n\r\n"


class Server:
    """Keeps what it was sent, and answers the n-th request with the n-th answer; the last one goes on."""

    def __init__(self, port: int, asked: list[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}/hook?token=s3cret"
        self.asked = asked


def request(client: socket.socket) -> bytes:
    """One whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := client.recv(65536)):
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """A server that gives these answers; None is none at all, and the connection stays open."""
    asked: list[bytes] = []
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                asked.append(request(client))
                answer = answers[min(len(asked), len(answers)) - 1]
                if answer is None:
                    held.append(client)
                    continue
                with suppress(OSError), client:
                    client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Server(listener.getsockname()[1], asked)
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for client in held:
        client.close()


def post(server: Server, **how: object) -> Job:
    return Job(1, '{"event": "failed"}', **{"timeout": 5.0, "url": server.url, **how})  # type: ignore[arg-type]


def run(*argv: str, timeout: float = 20.0, payload: str = '{"event": "failed"}') -> Job:
    return Job(1, payload, timeout=timeout, argv=argv, env=dict(os.environ))


def test_a_webhook_gets_the_event_with_its_headers() -> None:
    with serving(OK) as server:
        assert asyncio.run(told(post(server, headers={"X-Token": "abc", "content-type": "x/y"}))) == (
            True,
            "HTTP 204",
            False,
        )
    head, _, body = server.asked[0].decode().partition("\r\n\r\n")
    assert json.loads(body) == {"event": "failed"}
    assert head.startswith("POST /hook?token=s3cret HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "X-Token: abc" in head
    assert head.lower().count("content-type") == 1


def test_a_user_in_the_url_is_a_header() -> None:
    with serving(OK) as server:
        asyncio.run(told(post(server, url=server.url.replace("http://", "http://me:p%40ss@"))))
    assert b"Authorization: Basic bWU6cEBzcw==" in server.asked[0]
    assert b"me:p" not in server.asked[0]


def test_a_server_that_fails_three_times_is_told_at_the_fourth() -> None:
    with serving(FAILED, FAILED, FAILED, OK) as server:
        began = time.monotonic()
        assert asyncio.run(told(post(server, retries=3))).reason == "HTTP 204"
        assert len(server.asked) == 4
        assert time.monotonic() - began > 1.5  # half of 0.5, 1 and 2 s at least, less a moment
    with serving(FAILED) as server:
        assert asyncio.run(told(post(server, retries=1))) == (False, "HTTP 500, after 2 tries", True)


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
        assert asyncio.run(told(post(server, timeout=0.3 if answer is None else 5.0, retries=1))).reason == reason
        assert len(server.asked) == tries


def test_a_megabyte_behind_a_good_answer_is_not_read() -> None:
    with serving(OK + b"x" * 1_000_000) as server:
        assert asyncio.run(told(post(server))).ok


def test_nobody_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    job = Job(1, "{}", timeout=5.0, retries=1, url=f"http://127.0.0.1:{port}/")
    assert asyncio.run(told(job)).reason == "connection refused, after 2 tries"


def test_a_command_gets_the_event_on_its_standard_input(tmp_path: Path) -> None:
    payload = json.dumps({"text": "x" * 30_000})
    assert asyncio.run(told(run("sh", "-c", f"cat > {tmp_path}/got", payload=payload))) == (True, "exit code 0", False)
    assert (tmp_path / "got").read_text() == payload
    assert asyncio.run(told(run("true", payload=payload))).ok  # it need not read it


def test_what_a_command_did_wrong_is_told_by_its_last_words() -> None:
    assert asyncio.run(told(run("sh", "-c", "echo one; echo two >&2; exit 3"))).reason == "two (exit code 3)"
    assert "No such file" in asyncio.run(told(run("./no-such-program"))).reason
    much = "import sys\nfor _ in range(5000): print('x' * 1000)\nprint('the end'); sys.exit(1)"
    assert asyncio.run(told(run(sys.executable, "-c", much))).reason == "the end (exit code 1)"


def test_a_command_that_hangs_is_killed_with_all_of_its_group(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/below; echo $$ > {tmp_path}/own; wait"
    assert asyncio.run(told(run("sh", "-c", script, timeout=0.7))).reason == "no end within 0.7 s"
    assert gone([int((tmp_path / name).read_text()) for name in ("below", "own")])


def test_a_command_that_leaves_a_fork_behind_has_ended_when_it_has(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/below"
    began = time.monotonic()
    assert asyncio.run(told(run("sh", "-c", script))).ok
    assert time.monotonic() - began < 15
    assert gone([int((tmp_path / "below").read_text())])


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
    return run("sh", "-c", f"cat >> {path}; echo >> {path}", payload=str(text))


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
    first = run("sh", "-c", f"read word < {go}; cat >> {tmp_path}/got; echo >> {tmp_path}/got", payload="0")
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
    link.link.tell("hook", "a hook", lambda: run("sh", "-c", script))
    link.until(lambda: len(lines(tmp_path / "pids")) == 1)
    assert link.link.pid is not None
    os.kill(link.link.pid, signal.SIGKILL)
    link.until(lambda: len(lines(tmp_path / "pids")) == 2)
    assert gone([int(lines(tmp_path / "pids")[0])])
    assert link.troubles == ["the runner of hooks has died, and is started again"]


def test_a_hook_that_fails_is_told_the_1st_2nd_and_4th_time_and_when_it_works_again(link: Link, tmp_path: Path) -> None:
    for _ in range(5):
        link.link.tell("hook", "a hook", lambda: run("sh", "-c", "echo no; exit 1"))
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
    link.link.tell("other", "another", lambda: run("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 1000"))
    link.until(lambda: bool(lines(tmp_path / "pid")))
    began = time.monotonic()
    link.link.close()
    assert time.monotonic() - began < 15
    assert lines(tmp_path / "got") == ["0", "1", "2"]
    assert gone([int(lines(tmp_path / "pid")[0])])
    assert link.troubles == ["1 event was not told by hooks, as their supervisor ends"]
    assert link.link.pid is None
