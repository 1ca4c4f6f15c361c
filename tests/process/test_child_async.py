"""Async tasks: one event loop that lives as long as the child."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.process.child import Child

from udaemon.child.report import Leaving, ReadyReport


def test_what_a_run_leaves_in_the_loop_goes_on_in_the_pause(tmp_path: Path) -> None:
    code = """
import asyncio
class Task:
    beside = None
    async def do_task(self):
        print("ran", flush=True)
        if self.beside is None:
            self.beside = asyncio.create_task(self.tick())
    async def tick(self):
        while True:
            await asyncio.sleep(0.01)
            print("tick", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("tick", 3)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.reports == [ReadyReport(), Leaving("stopped", None)]
        assert child.lines[0] == "ran"
        assert child.lines.count("ran") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_stop_ends_an_async_pause_at_once(number: int, tmp_path: Path) -> None:
    code = "async def create() -> None: print('ran', flush=True)"
    with Child(tmp_path, code, is_task=True, sleep=3600.0) as child:
        child.wait_for("ran")
        asked = time.monotonic()
        child.signal(number)

        assert child.end() == 0
        assert time.monotonic() - asked < 30.0


def test_a_stop_ends_the_pause_of_a_task_that_took_the_signals_wake_up_over(tmp_path: Path) -> None:
    code = """
import asyncio, signal
async def create() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, print, "winch")
    print("ran", flush=True)
"""
    with Child(tmp_path, code, is_task=True, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGWINCH)
        child.wait_for("winch")
        child.signal(signal.SIGTERM)

        assert child.end() == 0


def test_a_stop_lets_an_async_run_finish(tmp_path: Path) -> None:
    code = """
import asyncio
async def create(context):
    print("begins", flush=True)
    await asyncio.sleep(0.3)
    print("ends", context.stopping)
def heard(event): print(event.kind, event.stopping)
"""
    with Child(tmp_path, code, is_task=True, sleep=3600.0, listeners={"task_done": ("job:heard",)}) as child:
        child.wait_for("begins")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["begins", "ends True", "task_done True"]


@pytest.mark.parametrize(
    ("body", "code", "leaving"),
    [
        ("raise ValueError('no')", 1, Leaving("exception", "ValueError: no")),
        ("raise udaemon.StopTask", 0, Leaving("task-stopped", None)),
        ("raise SystemExit(9)", 9, Leaving("exited", "sys.exit(9)")),
    ],
)
def test_an_async_run_ends_as_a_plain_one_does(body: str, code: int, leaving: Leaving, tmp_path: Path) -> None:
    text = f"import udaemon\nclass Task:\n    async def do_task(self): {body}\ndef create(): return Task()\n"
    with Child(tmp_path, text) as child:
        assert child.end() == code
        assert child.reports[-1] == leaving
        assert child.slot().failed == (leaving.message is not None)


def test_an_async_hook_is_awaited(tmp_path: Path) -> None:
    code = """
import asyncio
class Task:
    async def do_task(self): print("ran", flush=True)
    async def on_hangup(self):
        await asyncio.sleep(0)
        print("hangup", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGHUP)
        child.wait_for("hangup")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["ran", "hangup"]


def test_an_async_task_without_pauses_does_not_starve_the_loop(tmp_path: Path) -> None:
    code = """
import asyncio
class Task:
    beside = None
    async def do_task(self):
        if self.beside is None:
            self.beside = asyncio.create_task(self.tick())
    async def tick(self): print("tick", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code) as child:
        child.wait_for("tick")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["tick"]


@pytest.mark.timing
def test_an_async_task_keeps_its_period(tmp_path: Path) -> None:
    code = """
import udaemon
class Task:
    runs = 0
    async def do_task(self):
        self.runs += 1
        if self.runs == 11: raise udaemon.StopTask
def create(): return Task()
def heard(event): print(event.started)
"""
    with Child(tmp_path, code, sleep=0.1, listeners={"task_done": ("job:heard",)}) as child:
        assert child.end() == 0
        starts = [float(line) for line in child.lines]

    assert starts[-1] - starts[0] == pytest.approx(1.0, abs=0.09)
