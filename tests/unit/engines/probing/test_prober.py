"""The prober asks again and again, tells only what has changed, and one question never keeps it from another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from udaemon.engines.probing.prober import Prober, _answered
from udaemon.engines.probing.question import Asked
from udaemon.frames import FrameBuffer


class Heard:
    """Stands for the socket to the supervisor; keeps the verdicts."""

    def __init__(self) -> None:
        self.verdicts: list[list[Any]] = []
        self._frames = FrameBuffer(1 << 20)

    def write(self, data: bytes) -> None:
        self.verdicts += [json.loads(frame) for frame in self._frames.feed(data)]


def question(number: int, path: Path, **keys: Any) -> Asked:
    told = {"period": 0.01, "timeout": 5.0, "delay": 0.0, "failures": 1, "successes": 1, "good": False} | keys
    return Asked(id=number, way="file", what=str(path), **told)


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110 - an event would be the prober's, which has none
            await asyncio.sleep(0)


def test_a_verdict_is_told_when_it_changes_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "ready"

    async def main() -> list[bool]:
        heard = Heard()
        prober = Prober(cast("asyncio.StreamWriter", heard))
        prober.take(["ask", *question(7, path)])
        await until(lambda: len(heard.verdicts) == 1)
        path.touch()
        await until(lambda: len(heard.verdicts) == 2)
        path.unlink()
        await until(lambda: len(heard.verdicts) == 3)
        prober.take(["forget", 7])
        assert {verdict[0] for verdict in heard.verdicts} == {7}
        return [verdict[1] for verdict in heard.verdicts]

    assert asyncio.run(main()) == [False, True, False]


def test_what_is_forgotten_is_asked_no_more_and_what_nobody_knows_is_no_error(tmp_path: Path) -> None:
    async def main() -> int:
        heard = Heard()
        prober = Prober(cast("asyncio.StreamWriter", heard))
        prober.take(["ask", *question(1, tmp_path, good=False)])
        await until(lambda: heard.verdicts)
        prober.take(["forget", 1])
        prober.take(["forget", 99])
        await asyncio.sleep(0.05)
        return len(prober._tasks)

    assert asyncio.run(main()) == 0


def test_what_takes_too_long_has_no_answer() -> None:
    async def main() -> tuple[bool, str]:
        ended = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                await reader.read()  # to its end: the client has given up by then
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            ended.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        asked = Asked(1, "http", f"http://127.0.0.1:{port}/", 1.0, 0.05, 0.0, 1, 1, False)
        async with server:
            answer = await _answered(asked)
            await ended.wait()
            return answer

    assert asyncio.run(main()) == (False, "no answer within 0.05 s")


@pytest.mark.parametrize(("way", "what"), [("tcp", "no port"), ("http", "http://[::1"), ("exec", ["a\0b"])])
def test_a_question_that_makes_no_sense_is_one_questions_trouble(way: str, what: object) -> None:
    ok, reason = asyncio.run(_answered(Asked(1, way, what, 1.0, 5.0, 0.0, 1, 1, False, env={})))
    assert not ok
    assert reason
