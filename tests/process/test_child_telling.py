"""What a daemon says at its end, when the user's code has broken the ways to say it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.process.child import Child

from udaemon.child.report import Leaving, ReadyReport

FAILED = Leaving("exception", "ValueError: no")
LAST = "ValueError: no"

STREAMS = {
    "without flush or fileno": "type('Out', (), {'write': lambda self, text: len(text)})()",
    "whose flush raises": "type('Out', (), {'write': lambda self, text: len(text), 'flush': lambda self: 1 / 0})()",
    "None": "None",
    "closed": "closed()",
    "a number": "7",
}
CLOSED = """
import io, sys, udaemon
def closed():
    made = io.StringIO()
    made.close()
    return made
"""


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_stop_is_clean_with_any_stream(name: str, stream: str, tmp_path: Path) -> None:
    code = f"{CLOSED}\ndef create():\n    def task():\n        sys.{name} = {STREAMS[stream]}\n"
    code += "        raise udaemon.StopTask\n    return task\n"
    with Child(tmp_path, code) as child:
        assert child.end() == 0
        assert child.reports == [ReadyReport(), Leaving("task-stopped", None)]


@pytest.mark.parametrize("stream", ["None", "closed", "a number"])
def test_a_traceback_reaches_the_log_without_stderr(stream: str, tmp_path: Path) -> None:
    code = f"{CLOSED}\ndef create():\n    def task():\n        sys.stderr = {STREAMS[stream]}\n"
    code += "        raise ValueError('no')\n    return task\n"
    with Child(tmp_path, code) as child:
        assert child.end() == 1
        assert child.reports[-1] == FAILED
        assert (child.lines[0], child.lines[-1]) == ("Traceback (most recent call last):", LAST)


@pytest.mark.parametrize("stream", ["None", "closed", "a number"])
def test_a_configuration_error_reaches_the_log_without_stderr(stream: str, tmp_path: Path) -> None:
    code = f"{CLOSED}\nsys.stderr = {STREAMS[stream]}\ndef create(): return 7\n"
    with Child(tmp_path, code) as child:
        assert child.end() == 78
        assert child.lines[0].startswith("udaemon: mailer: job:create returned int")


@pytest.mark.parametrize("body", ["raise KeyError('hook')", "sys.exit(9)", "raise KeyboardInterrupt"])
def test_an_excepthook_that_raises_hides_nothing(body: str, tmp_path: Path) -> None:
    code = f"import sys\ndef hook(*_): {body}\nsys.excepthook = hook\n"
    code += "def create():\n    def task(): raise ValueError('no')\n    return lambda: task()\n"
    with Child(tmp_path, code) as child:
        assert child.end() == 1
        assert child.reports[-1] == FAILED
        assert LAST in child.lines
        assert child.lines[-1].startswith("(sys.excepthook failed: ")


def test_the_supervisor_is_told_before_an_excepthook_that_never_returns(tmp_path: Path) -> None:
    code = """
import sys, threading
def hook(*_):
    print("hook", flush=True)
    threading.Event().wait()
sys.excepthook = hook
def create(): return lambda: 1 / 0
"""
    with Child(tmp_path, code) as child:
        child.wait_for("hook")
        child.signal(signal.SIGKILL)
        child.end()

        assert child.reports[-1] == Leaving("exception", "ZeroDivisionError: division by zero")


def test_an_exception_that_cannot_be_changed_or_put_is_told(tmp_path: Path) -> None:
    code = """
class Frozen(Exception):
    def __setattr__(self, name, value): raise AttributeError(name)
    def __str__(self): raise SystemExit(3)
def create():
    def task() -> None: raise Frozen
    return task
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 1
        assert child.reports[-1] == Leaving("exception", "job.Frozen: (its text cannot be had)")


@pytest.mark.parametrize("what", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit", "udaemon.StopTask", "Frozen"])
@pytest.mark.parametrize("kind", ["start", "task_done"])
@pytest.mark.parametrize("form", ["def create(): return lambda: print('ran', flush=True)", "async def create(): ran()"])
def test_a_listener_ends_nothing_whatever_it_raises(what: str, kind: str, form: str, tmp_path: Path) -> None:
    code = f"""
import udaemon
class Frozen(Exception):
    def __setattr__(self, name, value): raise AttributeError(name)
def heard(event): raise {what}
def ran(): print('ran', flush=True)
{form}
"""
    is_task = form.startswith("async")
    with Child(tmp_path, code, is_task=is_task, min_sleep=0.01, listeners={kind: ("job:heard",)}) as child:
        child.wait_for("ran", 3)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.slot().failed == 0
        assert child.output.count(b"in heard") >= 1


def test_a_listener_that_prints_to_a_closed_stream_ends_nothing(tmp_path: Path) -> None:
    code = """
import os, sys
class Task:
    def do_task(self): os.write(1, b"ran\\n")
def create(): return Task()
def heard(event):
    sys.stdout.close()
    sys.stderr.close()
    print("heard")
"""
    with Child(tmp_path, code, min_sleep=0.01, listeners={"task_done": ("job:heard",)}) as child:
        child.wait_for("ran", 3)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert "ValueError: I/O operation on closed file." in child.lines


LEFT = {
    "a thread of the executor": "asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)",
    "a task that swallows cancellation": "asyncio.create_task(stubborn())",
}


@pytest.mark.parametrize("left", LEFT)
def test_an_async_failure_is_told_before_what_is_left_is_waited_for(left: str, tmp_path: Path) -> None:
    code = f"""
import asyncio, threading
async def stubborn():
    while True:
        try: await asyncio.sleep(3600)
        except asyncio.CancelledError: print("swallowed", flush=True)
class Task:
    async def do_task(self):
        self.left = {LEFT[left]}
        await asyncio.sleep(0)
        raise ValueError("no")
def create(): return Task()
"""
    with Child(tmp_path, code) as child:
        child.wait_for(LAST)
        child.signal(signal.SIGKILL)
        child.end()

        assert child.reports[-1] == FAILED
        assert child.output.count(LAST.encode()) == 1


def test_a_plain_failure_is_told_before_a_process_that_is_left_is_waited_for(tmp_path: Path) -> None:
    code = """
import multiprocessing, os
def create():
    def task():
        multiprocessing.Process(target=os.read, args=(GO, 1)).start()
        raise ValueError("no")
    return task
GO, TOLD = os.pipe()
"""
    with Child(tmp_path, code) as child:
        child.wait_for(LAST)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.end()

        assert child.reports[-1] == FAILED
