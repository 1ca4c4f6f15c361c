"""The two ways to tell an event: what is sent, and what of an answer is believed."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from tests.fakes.webhook import OK, command_job, serving, webhook_job
from tests.process.project import gone

from udaemon.engines.hooks.ways import execute, post


def test_a_webhook_gets_the_event_with_its_headers() -> None:
    with serving(OK) as server:
        assert asyncio.run(post(webhook_job(server, headers={"X-Token": "abc", "content-type": "x/y"}))) == (
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
        asyncio.run(post(webhook_job(server, url=server.url.replace("http://", "http://me:p%40ss@"))))
    assert b"Authorization: Basic bWU6cEBzcw==" in server.asked[0]
    assert b"me:p" not in server.asked[0]


def test_a_megabyte_behind_a_good_answer_is_not_read() -> None:
    with serving(OK + b"x" * 1_000_000) as server:
        assert asyncio.run(post(webhook_job(server))).ok


def test_a_command_gets_the_event_on_its_standard_input(tmp_path: Path) -> None:
    payload = json.dumps({"text": "x" * 30_000})
    told = asyncio.run(execute(command_job("sh", "-c", f"cat > {tmp_path}/got", payload=payload)))
    assert told == (True, "exit code 0", False)
    assert (tmp_path / "got").read_text() == payload
    assert asyncio.run(execute(command_job("true", payload=payload))).ok  # it need not read it


def test_what_a_command_did_wrong_is_told_by_its_last_words() -> None:
    assert asyncio.run(execute(command_job("sh", "-c", "echo one; echo two >&2; exit 3"))).reason == "two (exit code 3)"
    assert "No such file" in asyncio.run(execute(command_job("./no-such-program"))).reason
    much = "import sys\nfor _ in range(5000): print('x' * 1000)\nprint('the end'); sys.exit(1)"
    assert asyncio.run(execute(command_job(sys.executable, "-c", much))).reason == "the end (exit code 1)"


def test_a_command_that_leaves_a_fork_behind_has_ended_when_it_has(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/below"
    began = time.monotonic()
    assert asyncio.run(execute(command_job("sh", "-c", script))).ok
    assert time.monotonic() - began < 15
    assert gone([int((tmp_path / "below").read_text())])
